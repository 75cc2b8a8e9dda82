namespace GenAgent.Torch.Native;

/// <summary>How TorchSharp's native library was loaded.</summary>
public enum TorchNativeState
{
    /// <summary>The package's library runs unchanged.</summary>
    AsPublished,

    /// <summary>The system's libstdc++ is older than the library requires; a patched copy was loaded.</summary>
    Patched,

    /// <summary>Nothing could be loaded; <see cref="TorchNativeReport.Explanation"/> says why.</summary>
    Failed,
}

/// <summary>The result of <see cref="TorchNative.Describe"/>, for <c>genagent doctor</c> and bug reports.</summary>
/// <param name="State">How the library came to be loaded.</param>
/// <param name="PublishedPath">The package's library, or null if the runtime finds it.</param>
/// <param name="LoadedPath">The file that was loaded; null if none was, or if the runtime chose it.</param>
/// <param name="CacheFolder">Where patched copies are kept.</param>
/// <param name="Explanation">One or two sentences for a person.</param>
public sealed record TorchNativeReport(
    TorchNativeState State,
    string? PublishedPath,
    string? LoadedPath,
    string CacheFolder,
    string Explanation);
