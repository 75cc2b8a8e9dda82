using System.Globalization;
using GenAgent.EngineStubs;

// usage: GenAgent.EngineStubs vllm|sglang FOLDER [--name NAME] [--version V] [--port N] [--threads N] [--logprobs Raw|Scaled|Processed] [--old] [--key KEY]
// Serves on the loopback, writes its address, and ends when standard input does.
if (args is not ["vllm" or "sglang", var folder, ..])
{
    Console.Error.WriteLine("usage: GenAgent.EngineStubs vllm|sglang FOLDER [--name NAME] [--version V] [--port N] [--threads N] [--logprobs MODE] [--old]");
    return 2;
}

var options = new StubOptions(args[0] is "vllm" ? StubEngine.Vllm : StubEngine.Sglang, folder);
for (var i = 2; i < args.Length; i++)
{
    options = args[i] switch
    {
        "--name" => options with { ModelName = args[++i] },
        "--version" => options with { Version = args[++i] },
        "--port" => options with { Port = int.Parse(args[++i], CultureInfo.InvariantCulture) },
        "--threads" => options with { Threads = int.Parse(args[++i], CultureInfo.InvariantCulture) },
        "--logprobs" => options with { LogProbs = Enum.Parse<StubLogProbs>(args[++i]) },
        "--key" => options with { ApiKey = args[++i] },
        "--old" => options with { IsOld = true },
        var unknown => throw new ArgumentException($"unknown: {unknown}"),
    };
}

await using var server = await StubServer.StartAsync(options);
Console.WriteLine(server.Address);

// Whoever started this holds the other end: when that process is gone, so is this one.
await Console.In.ReadToEndAsync();
return 0;
