using System.Text.RegularExpressions;

namespace GenAgent.Cli.Tests.Walls;

/// <summary>
/// Generated patterns have no limit in seconds: on a machine that is out of processor time the simplest match exceeds it, and a training ends. Patterns for
/// what others wrote are linear instead (<see cref="RegexOptions.NonBacktracking"/>).
/// </summary>
public sealed class PatternTests
{
    private static readonly Regex Limit = new(
        @"matchTimeoutMilliseconds: \d|GeneratedRegex\([^\n]*, \d+\)\]|^\s+RegexOptions[^\n]*, \d+\)\]", RegexOptions.Multiline);

    [Fact]
    public void No_pattern_depends_on_how_busy_the_machine_is()
    {
        Limit.IsMatch("[GeneratedRegex(\"a\", RegexOptions.None, 1000)]").ShouldBeTrue();
        SourceFiles.In("src").Where(file => Limit.IsMatch(File.ReadAllText(file))).ShouldBeEmpty();
    }
}
