using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using GenAgent.Storage;
using TorchSharp;

namespace GenAgent.Torch.Native;

/// <summary>Makes TorchSharp's native library load, even on systems whose libstdc++ is older than it requires. Thread-safe.</summary>
/// <remarks>
/// Using any type of GenAgent.Torch does this automatically; only code that calls TorchSharp first needs <see cref="EnsureLoaded"/>. If the published
/// library runs unchanged, it is loaded.
/// </remarks>
public static class TorchNative
{
    private const string LibraryName = "LibTorchSharp";
    private const string LibraryFile = "libLibTorchSharp.so";

    private const long AddressSpaceOfLibtorch = 1536L << 20;

    private static readonly Lock Gate = new();
    private static bool _hooked;
    private static TorchNativeReport? _report;
    private static nint _library;

    /// <summary>Loads the native libraries, from a patched copy if the system needs one; later calls do nothing.</summary>
    /// <exception cref="TorchNativeException">No library could be found, patched or loaded; the message says which, and what to do.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            Hook();
            _report ??= Prepare();
        }
    }

    /// <summary>Reports how the native library was loaded, and loads it first if necessary. Never throws.</summary>
    /// <returns>What was loaded, and from where.</returns>
    public static TorchNativeReport Describe()
    {
        try
        {
            EnsureLoaded();
            return _report!;
        }
        catch (TorchNativeException fault)
        {
            return new TorchNativeReport(TorchNativeState.Failed, NativeSearchPath.Find(LibraryFile), LoadedPath: null, CacheFolder, fault.Message);
        }
    }

    private static string CacheFolder => PatchedLibraryCache.DefaultFolder(Environment.GetEnvironmentVariable);

    // A module initializer runs before any other code of the library. It only adds an event handler; libtorch is loaded at first use.
#pragma warning disable CA2255 // Meant for applications; but nobody who uses this library can be trusted to call something first.
    [ModuleInitializer]
    internal static void HookOnModuleLoad()
#pragma warning restore CA2255
    {
        lock (Gate)
        {
            Hook();
        }
    }

    private static void Hook()
    {
        if (_hooked || !OperatingSystem.IsLinux())
        {
            return;
        }

        // Raised only after the runtime's own search failed, as it does if the published library requires newer symbols.
        var context = AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly) ?? AssemblyLoadContext.Default;
        context.ResolvingUnmanagedDll += Resolve;
        _hooked = true;
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (assembly != typeof(torch).Assembly || !string.Equals(name, LibraryName, StringComparison.Ordinal))
        {
            return 0;
        }

        lock (Gate)
        {
            _report ??= Prepare();
            return _library;
        }
    }

    private static TorchNativeReport Prepare()
    {
        if (!OperatingSystem.IsLinux())
        {
            return new(TorchNativeState.AsPublished, null, null, CacheFolder, "TorchSharp loads its own library on this system.");
        }

        var published = NativeSearchPath.Find(LibraryFile)
            ?? throw new TorchNativeException(
                $"{LibraryFile} is in none of {string.Join(", ", NativeSearchPath.Folders().Distinct(StringComparer.Ordinal))}: build again for linux-x64, so "
                    + "that the files of the TorchSharp package come into the output folder.");
        var newEnough = SystemIsNewEnough();
        var path = newEnough ? published : Mend(published);

        RequireAddressSpace();

        // The copy is in another folder than its dependencies, so these are loaded first by full path.
        foreach (var neighbour in new[] { "libc10.so", "libtorch_cpu.so", "libtorch.so" })
        {
            Load(NativeSearchPath.Find(neighbour) ?? throw new TorchNativeException(
                $"{neighbour} is in none of {string.Join(", ", NativeSearchPath.Folders().Distinct(StringComparer.Ordinal))}: add a reference to the package "
                    + "libtorch-cpu-linux-x64, or to TorchSharp-cuda-linux for a GPU."));
        }

        _library = Load(path);
        return newEnough
            ? new(
                TorchNativeState.AsPublished,
                published,
                path,
                CacheFolder,
                $"The system's libstdc++ has {GlibcxxPatch.MissingVersion}; the published library runs as it is.")
            : new(
                TorchNativeState.Patched,
                published,
                path,
                CacheFolder,
                $"The system's libstdc++ lacks {GlibcxxPatch.MissingVersion}, which TorchSharp's library asks for; a copy that asks for the same start-up "
                    + "code of an older version was made and loaded.");
    }

    // The loader would fail too, but only after using up the address space that the runtime needs.
    private static void RequireAddressSpace()
    {
        if (AddressSpace.Free() is { } free && free < AddressSpaceOfLibtorch)
        {
            throw new TorchNativeException(
                $"libtorch needs about {AddressSpaceOfLibtorch >> 20} MiB of address space to be loaded, and the limit of this process leaves {free >> 20} "
                    + "MiB: raise it (ulimit -v).");
        }
    }

    private static bool SystemIsNewEnough() =>
        NativeLibrary.TryLoad("libstdc++.so.6", out var libstdcxx)
            ? NativeLibrary.TryGetExport(libstdcxx, GlibcxxPatch.MissingSymbol, out _)
            : throw new TorchNativeException(
                "libstdc++.so.6 is not on this system, and libtorch needs it: install it (Debian, Ubuntu: apt install libstdc++6).");

    private static string Mend(string published)
    {
        try
        {
            return PatchedLibraryCache.Materialize(CacheFolder, LibraryFile, GlibcxxPatch.Apply(File.ReadAllBytes(published)));
        }
        catch (InvalidDataException fault)
        {
            throw new TorchNativeException(
                $"{published}: cannot be mended for this system's libstdc++. {fault.Message} A system with GCC 13's libstdc++ needs no mending.", fault);
        }
    }

    private static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception fault) when (fault is DllNotFoundException or BadImageFormatException)
        {
            // The loader's own message comes last, after .NET's advice.
            var reason = fault.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
            var isMemory = reason.Contains("map segment", StringComparison.Ordinal) || reason.Contains("allocate memory", StringComparison.Ordinal);
            var advice = isMemory
                ? " There is too little memory or address space for it: libtorch takes about 3 GB of address space (ulimit -v)."
                : string.Empty;
            throw new TorchNativeException($"{path}: cannot be loaded ({reason}).{advice}", fault);
        }
    }
}
