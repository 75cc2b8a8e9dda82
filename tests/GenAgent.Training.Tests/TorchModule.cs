using System.Runtime.CompilerServices;
using GenAgent.Torch.Native;
using TorchSharp;

namespace GenAgent.Training.Tests;

internal static class TorchModule
{
    // Tests may touch TorchSharp before any type of GenAgent.Torch; one thread keeps sums in one order and leaves cores to others.
    [ModuleInitializer]
    internal static void Start()
    {
        TorchNative.EnsureLoaded();
        torch.set_num_threads(1);
    }
}
