// An image by the embedded models, with what the agent thinks and judges on the way.
// dotnet run --project samples/Embedded -c Release -- "three red circles and a blue square"
using GenAgent.Agents;
using Microsoft.Extensions.DependencyInjection;

var prompt = args.Length > 0 ? string.Join(' ', args) : "three red circles and a blue square";

#region README
var services = new ServiceCollection();
services.AddGenAgent(options => (options.Backends.Agent, options.Backends.Generator) = ("micro", "micro"));
await using var provider = services.BuildServiceProvider();
var agent = provider.GetRequiredService<ImageAgent>();

await foreach (AgentEvent step in agent.RunStreamingAsync(new AgentRequest(prompt)))
{
    Console.WriteLine(AgentEventJson.Write(step));
    if (step is RunCompletedEvent { Result: { Best: not null } result })
    {
        await File.WriteAllBytesAsync("image.png", result.Image.Data);
    }
}
#endregion
