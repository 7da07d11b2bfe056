#!/bin/sh
# Rewrites the pages that are generated from tests: docs/irq-catalogue.md (which scenario is checked where) and
# docs/kvm-deviations.md (the known deviations and their smallest cases).
cd "$(dirname "$(readlink -f "$0")")/.." || exit 2
ORRERY_WRITE_DOCS=1 dotnet test tests/Orrery.Interrupts.Tests -c Release -m:1 --nologo \
    --filter "FullyQualifiedName~CatalogueTests|FullyQualifiedName~DeviationsPageTests"
