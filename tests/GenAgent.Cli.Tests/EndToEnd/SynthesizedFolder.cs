namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>A folder of trajectories that processes write to, seen from outside.</summary>
internal sealed class SynthesizedFolder(string path)
{
    /// <summary>The whole lines so far, in alphabetical order; a line that a kill cut is none.</summary>
    public string[] Lines
    {
        get
        {
            var file = Path.Combine(path, "trajectories.jsonl");
            if (!File.Exists(file)) return [];
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            var text = reader.ReadToEnd();
            return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The names of the images, in alphabetical order.</summary>
    public string[] Images =>
        [.. Directory.EnumerateFiles(Path.Combine(path, "images"), "*.png", SearchOption.AllDirectories).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal)!];

    /// <summary>Requires that both hold the same, each trajectory once.</summary>
    public void RequireSame(SynthesizedFolder other)
    {
        Lines.ShouldBe(other.Lines);
        Images.ShouldBe(other.Images);
    }
}
