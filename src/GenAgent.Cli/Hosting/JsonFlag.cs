using System.CommandLine;

namespace GenAgent.Cli.Hosting;

/// <summary>The flag <c>--json</c>; what it writes is written with <see cref="GenAgent.Storage.SnakeCaseJson"/>.</summary>
internal static class JsonFlag
{
    public static Option<bool> Create() => new("--json") { Description = "Writes JSON, one object a line, for programs to read." };
}
