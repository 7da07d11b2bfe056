return Orrery.Cli.CommandLine.Run(args);
