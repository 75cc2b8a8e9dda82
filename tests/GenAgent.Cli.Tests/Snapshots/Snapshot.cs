using System.Runtime.CompilerServices;

namespace GenAgent.Cli.Tests.Snapshots;

/// <summary>Compares a text with the file beside the test. UPDATE_SNAPSHOTS=1 writes the file instead; a look at the diff then decides.</summary>
internal static class Snapshot
{
    private const string Project = "tests/GenAgent.Cli.Tests/";

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
            var different = Enumerable.Range(0, Math.Max(expected.Length, lines.Length)).First(i => expected.ElementAtOrDefault(i) != lines.ElementAtOrDefault(i));
            var received = Path.ChangeExtension(path, ".received.txt");
            File.WriteAllText(received, string.Join('\n', lines) + "\n");
            Assert.Fail($"{path}, line {different + 1}:\nexpected: {expected.ElementAtOrDefault(different)}\nbut was:  {lines.ElementAtOrDefault(different)}\nAll that was received: {received}\nIf it is right: UPDATE_SNAPSHOTS=1, and run the test again.");
        }
    }

    // Paths in the compiled test may be mapped for deterministic builds: only what is below the project is kept of them.
    private static string PathOf(string file, string name)
    {
        var normal = file.Replace('\\', '/');
        var below = normal[(normal.LastIndexOf(Project, StringComparison.Ordinal) + Project.Length)..];
        var folder = Path.Combine(RepoFolder.Root, Project, Path.GetDirectoryName(below)!);
        return Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(below)}.{name}.snap.txt");
    }

    private static string[] Lines(string text) => [.. text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
}
