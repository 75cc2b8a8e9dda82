using TorchSharp;

namespace GenAgent.Torch.Native;

/// <summary>Finds native libraries in the folders that the .NET host searches for TorchSharp's.</summary>
internal static class NativeSearchPath
{
    /// <summary>The folders, in the host's order: those that the host names (packages, output), then TorchSharp's own and the application's.</summary>
    public static IEnumerable<string> Folders()
    {
        var fromHost = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        foreach (var folder in fromHost.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            yield return folder;
        }

        var assembly = typeof(torch).Assembly.Location;
        foreach (var root in new[] { Path.GetDirectoryName(assembly), AppContext.BaseDirectory })
        {
            if (!string.IsNullOrEmpty(root))
            {
                yield return root;
                yield return Path.Combine(root, "runtimes", "linux-x64", "native");
            }
        }
    }

    /// <summary>The first file of that name in <see cref="Folders"/>, or null.</summary>
    public static string? Find(string fileName) =>
        Folders().Select(folder => Path.Combine(folder, fileName)).FirstOrDefault(File.Exists);
}
