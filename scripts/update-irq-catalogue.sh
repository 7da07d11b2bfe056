#!/bin/sh
# Rewrites docs/irq-catalogue.md from the tests that say which scenario they check.
cd "$(dirname "$(readlink -f "$0")")/.." || exit 2
ORRERY_WRITE_DOCS=1 dotnet test tests/Orrery.Interrupts.Tests -c Release -m:1 --nologo \
    --filter FullyQualifiedName~CatalogueTests
