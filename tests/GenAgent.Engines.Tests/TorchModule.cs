using System.Runtime.CompilerServices;
using GenAgent.Torch.Native;
using TorchSharp;

namespace GenAgent.Engines.Tests;

internal static class TorchModule
{
    // One thread keeps sums in one order and leaves cores to others.
    [ModuleInitializer]
    internal static void Start()
    {
        TorchNative.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
