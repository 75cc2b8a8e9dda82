namespace GenAgent.Torch.Native;

/// <summary>Patches TorchSharp's native library for a libstdc++ older than GCC 13's (Debian 12, Ubuntu 22.04).</summary>
/// <remarks>
/// The library asks for one symbol of GLIBCXX_3.4.32, which sets up the standard streams. In every libstdc++ since GCC 3.4 the constructor of
/// <c>std::ios_base::Init</c> does the same and does not use its object, so the patched copy requires that symbol instead.
/// </remarks>
internal static class GlibcxxPatch
{
    /// <summary>The version that old systems lack.</summary>
    public const string MissingVersion = "GLIBCXX_3.4.32";

    /// <summary>The symbol that old systems lack.</summary>
    public const string MissingSymbol = "_ZSt21ios_base_library_initv";

    /// <summary>The symbol that the patched copy requires instead.</summary>
    public const string Substitute = "_ZNSt8ios_base4InitC1Ev";

    private const string SubstituteVersion = "GLIBCXX_3.4";

    /// <summary>Returns a patched copy of the library's bytes.</summary>
    /// <exception cref="InvalidDataException">The file is not the kind of library that this patch knows.</exception>
    public static byte[] Apply(byte[] library)
    {
        var copy = library.AsSpan().ToArray();
        var image = new ElfImage(copy);
        var needs = image.VersionNeeds();
        var missing = Find(needs, MissingVersion);
        var present = Find(needs, SubstituteVersion);

        var names = image.SymbolNames().ToList();
        var symbol = names.Find(name => string.Equals(image.StringAt(name), MissingSymbol, StringComparison.Ordinal));
        if (symbol == 0)
        {
            throw new InvalidDataException($"It asks for {MissingVersion} but not for {MissingSymbol}: another release of TorchSharp?");
        }

        // Linkers let a name share the tail of a longer one; overwriting the longer one would then break the other symbol.
        if (names.Exists(name => name > symbol && name <= symbol + MissingSymbol.Length))
        {
            throw new InvalidDataException($"Another symbol's name shares the bytes of {MissingSymbol}.");
        }

        image.OverwriteString(symbol, Substitute);
        image.Redirect(missing, present);
        return copy;
    }

    private static ElfImage.VersionNeed Find(IReadOnlyList<ElfImage.VersionNeed> needs, string version)
    {
        foreach (var need in needs)
        {
            if (string.Equals(need.Version, version, StringComparison.Ordinal)
                && need.Library.StartsWith("libstdc++", StringComparison.Ordinal))
            {
                return need;
            }
        }

        throw new InvalidDataException($"It does not ask libstdc++ for {version}: another release of TorchSharp?");
    }
}
