namespace GenAgent.TestKit;

/// <summary>A folder for one test, gone with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("genagent-test-").FullName;

    /// <summary>The path of a file or folder in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The path of a file or folder in it.</summary>
    public string File(string name) => this[name];

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
