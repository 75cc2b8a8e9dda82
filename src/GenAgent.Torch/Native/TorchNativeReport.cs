namespace GenAgent.Torch.Native;

/// <summary>How TorchSharp's native library came to be loaded.</summary>
public enum TorchNativeState
{
    /// <summary>The library of the package runs here as it is.</summary>
    AsPublished,

    /// <summary>The system's libstdc++ is older than the library asks for; a mended copy was loaded.</summary>
    Patched,

    /// <summary>Nothing could be loaded; <see cref="TorchNativeReport.Explanation"/> says why.</summary>
    Failed,
}

/// <summary>What <see cref="TorchNative.Describe"/> found: for <c>genagent doctor</c> and for bug reports.</summary>
/// <param name="State">How the library came to be loaded.</param>
/// <param name="PublishedPath">The package's library, or null where it was left to the runtime to find it.</param>
/// <param name="LoadedPath">The file that was loaded, or null where none was or where the runtime chose it.</param>
/// <param name="CacheFolder">Where mended copies are kept.</param>
/// <param name="Explanation">One or two sentences for a person.</param>
public sealed record TorchNativeReport(
    TorchNativeState State,
    string? PublishedPath,
    string? LoadedPath,
    string CacheFolder,
    string Explanation);
