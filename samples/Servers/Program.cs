// An image by models behind servers: an OpenAI-compatible server (vLLM, llama.cpp, SGLang) as the agent, ComfyUI as its tool.
// dotnet run --project samples/Servers -c Release -- "a red cat asleep on a blue chair"
using GenAgent.Agents;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.DependencyInjection;

var prompt = args.Length > 0 ? string.Join(' ', args) : "a red cat asleep on a blue chair";
var services = new ServiceCollection();
services.AddGenAgent(options =>
{
    options.Backends.Agent = Environment.GetEnvironmentVariable("AGENT") ?? "openai:Qwen2.5-VL-7B-Instruct@http://localhost:8000/v1";
    options.Backends.Generator = Environment.GetEnvironmentVariable("GENERATOR") ?? "comfyui:http://localhost:8188?workflow=flux1-dev";
    options.Agent = options.Agent with { MaxRounds = 3, MaxSeconds = 600 };
});
await using var provider = services.BuildServiceProvider();

try
{
    var result = await provider.GetRequiredService<ImageAgent>().RunAsync(new AgentRequest(prompt));
    await File.WriteAllBytesAsync("image.png", result.Image.Data);

    // The store keeps what led to the image; `genagent traj show run` shows it.
    await using var store = await TrajectoryStore.OpenAsync("run");
    await store.AppendAsync(result);
    Console.WriteLine($"image.png: {result.Trajectory.ImageRounds} rounds, {result.StopReason}");
    return 0;
}
catch (Exception failure) when (failure is BackendException or NoImageException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
