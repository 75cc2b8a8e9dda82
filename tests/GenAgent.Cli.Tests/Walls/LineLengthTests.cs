namespace GenAgent.Cli.Tests.Walls;

/// <summary>Lines of the source are at most 160 columns long, but for data that stands in it: what is in raw strings, and links.</summary>
public sealed class LineLengthTests
{
    private const int Most = 160;

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    [InlineData("samples")]
    public void Lines_of_code_fit_on_a_screen(string folder)
    {
        var files = SourceFiles.In(folder);

        files.ShouldNotBeEmpty();
        files.SelectMany(TooLong).ShouldBeEmpty();
    }

    private static IEnumerable<string> TooLong(string file)
    {
        var (number, inRaw) = (0, false);
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var quotes = line.Split("\"\"\"").Length - 1;
            if (line.Length > Most && !inRaw && quotes == 0 && !line.Contains("://", StringComparison.Ordinal))
            {
                yield return $"{Path.GetRelativePath(RepoFolder.Root, file)}:{number}";
            }

            inRaw ^= quotes % 2 == 1;
        }
    }
}
