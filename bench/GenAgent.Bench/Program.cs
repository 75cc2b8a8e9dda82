using GenAgent.Bench;
using GenAgent.Torch.Native;

var commands = new Dictionary<string, Func<string[], Task>>(StringComparer.Ordinal)
{
    ["runtime"] = RuntimeBench.RunAsync,
    ["flux"] = OnTorch(FluxBench.Run),
    ["sft"] = OnTorch(SftBench.Run),
    ["qwen"] = OnTorch(QwenBench.Run),
    ["rl"] = RlBench.RunAsync,
    ["rl-engines"] = RlEngineBench.RunAsync,
    ["workers"] = WorkersBench.RunAsync,
    ["scale"] = GenAgent.Bench.Scale.ScaleBench.RunAsync,
};

if (args is ["stress", ..]) return await StressBench.RunAsync(args[1..]);
if (args.Length > 0 && commands.TryGetValue(args[0], out var command))
{
    await command(args[1..]);
    return 0;
}

Console.Error.WriteLine($"usage: GenAgent.Bench <{string.Join('|', commands.Keys.Append("stress"))}> [options]");
return 2;

static Func<string[], Task> OnTorch(Action<string[]> bench) => args =>
{
    TorchNative.EnsureLoaded();
    bench(args);
    return Task.CompletedTask;
};
