using System.CommandLine;
using GenAgent.Hosting.Configuration;
using Microsoft.Extensions.Logging;

namespace GenAgent.Cli.Hosting;

/// <summary>One call of a command: where it runs, and the values of its arguments and flags.</summary>
internal sealed record CliCall(CliHost Host, GlobalFlags Flags, ParseResult Parsed, CancellationToken CancellationToken)
{
    /// <summary>Whether the user asked for the log.</summary>
    public bool Verbose => Parsed.GetValue(Flags.Verbose);

    /// <summary>The configuration file that the user names; null for the usual one.</summary>
    public string? ConfigFile => Parsed.GetValue(Flags.ConfigFile);

    public T Get<T>(Option<T> option) => Parsed.GetValue(option)!;

    public T Get<T>(Argument<T> argument) => Parsed.GetValue(argument)!;

    /// <summary>A file or folder that is named, as a whole path.</summary>
    public string PathOf(Option<string> option) => Host.FullPath(Get(option));

    /// <inheritdoc cref="PathOf(Option{string})"/>
    public string PathOf(Argument<string> argument) => Host.FullPath(Get(argument));

    /// <summary>The configuration of this call, with what its flags set.</summary>
    public Settings Settings(params IEnumerable<FlagValue> values) => Flags.Read(Host, Parsed, values);

    /// <summary>An option of the configuration that a flag sets.</summary>
    public FlagValue Setting(string path, Option<string?> option) => new(path, Get(option), option.Name);

    /// <summary>The log of this call; to be disposed of.</summary>
    public ILoggerFactory Loggers() => MaskedLogging.Create(Host, Verbose);

    /// <summary>Writes the result as JSON where <c>--json</c> is given, else as <paramref name="show"/> does.</summary>
    public void Write(Option<bool> json, object document, Action show)
    {
        if (Get(json)) Host.WriteJson(document);
        else show();
    }
}
