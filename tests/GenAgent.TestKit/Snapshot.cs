using System.Runtime.CompilerServices;

namespace GenAgent.TestKit;

/// <summary>Compares a text with the file beside the test. UPDATE_SNAPSHOTS=1 writes the file instead; a look at the diff then decides.</summary>
public static class Snapshot
{
    private const string Tests = "tests/";

    /// <summary>Fails if the text is not that of the file.</summary>
    /// <param name="actual">The text.</param>
    /// <param name="name">The file's name; by default the test's.</param>
    /// <param name="file">The test's source.</param>
    /// <param name="test">The test.</param>
    public static void Match(string actual, string name = "", [CallerFilePath] string file = "", [CallerMemberName] string test = "")
    {
        var path = PathOf(file, name.Length == 0 ? test : name);
        var lines = Lines(actual);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(path, string.Join('\n', lines) + "\n");
            return;
        }

        var expected = File.Exists(path) ? Lines(File.ReadAllText(path)) : [];
        if (!expected.SequenceEqual(lines))
        {
            var different = Enumerable.Range(0, Math.Max(expected.Length, lines.Length))
                .First(i => expected.ElementAtOrDefault(i) != lines.ElementAtOrDefault(i));
            var received = Path.ChangeExtension(path, ".received.txt");
            File.WriteAllText(received, string.Join('\n', lines) + "\n");
            Assert.Fail(
                $"""
                {path}, line {different + 1}:
                expected: {expected.ElementAtOrDefault(different)}
                but was:  {lines.ElementAtOrDefault(different)}
                All that was received: {received}
                If it is right: UPDATE_SNAPSHOTS=1, and run the test again.
                """);
        }
    }

    // Paths in the compiled test may be mapped for deterministic builds: only what is below tests/ is kept of them.
    private static string PathOf(string file, string name)
    {
        var normal = file.Replace('\\', '/');
        var below = normal[(normal.LastIndexOf(Tests, StringComparison.Ordinal) + Tests.Length)..];
        var folder = Path.Combine(RepoFolder.Root, Tests, Path.GetDirectoryName(below)!);
        return Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(below)}.{name}.snap.txt");
    }

    private static string[] Lines(string text) => [.. text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
}
