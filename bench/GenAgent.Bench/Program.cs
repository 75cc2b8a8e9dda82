using GenAgent.Bench;
using GenAgent.Torch.Native;

TorchNative.EnsureLoaded();

var commands = new Dictionary<string, Action<string[]>>(StringComparer.Ordinal)
{
    ["flux"] = FluxBench.Run,
};

if (args.Length > 0 && commands.TryGetValue(args[0], out var command))
{
    command(args[1..]);
    return 0;
}

Console.Error.WriteLine($"usage: GenAgent.Bench <{string.Join('|', commands.Keys)}> [options]");
return 2;
