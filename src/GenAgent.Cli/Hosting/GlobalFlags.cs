using System.CommandLine;
using GenAgent.Hosting.Configuration;

namespace GenAgent.Cli.Hosting;

/// <summary>The flags that every command takes.</summary>
internal sealed class GlobalFlags
{
    public Option<string?> ConfigFile { get; } = new("--config")
    {
        Description = "The configuration file; by default genagent.json of the working folder, where there is one.",
        HelpName = "FILE",
        Recursive = true,
    };

    public Option<string[]> Settings { get; } = new("--set")
    {
        Description = "Sets any option by its path, as in --set Agent:MaxRounds=2, or with train an option of the recipe, as in --set training.steps=200; "
            + "may be repeated.",
        HelpName = "PATH=VALUE",
        Recursive = true,
        DefaultValueFactory = _ => [],
    };

    public Option<bool> Verbose { get; } = new("--verbose", "-v")
    {
        Description = "Logs what happens inside to standard error, and shows where an error comes from.",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        root.Options.Add(ConfigFile);
        root.Options.Add(Settings);
        root.Options.Add(Verbose);
    }

    /// <summary>Reads the configuration of this call.</summary>
    /// <param name="host">Where files and environment are.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="flags">What the command's own flags set: an option's path, its value, and the flag.</param>
    public Settings Read(CliHost host, ParseResult parsed, IEnumerable<FlagValue>? flags = null)
    {
        var set = parsed.GetValue(Settings)!.Select(FlagValue.FromSetting);
        var settings = GenAgent.Hosting.Configuration.Settings.Read(host, parsed.GetValue(ConfigFile), [.. flags ?? [], .. set]);
        host.Mask = host.Mask.And(settings.SecretMask);
        return settings;
    }
}
