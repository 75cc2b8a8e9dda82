// An ASP.NET program with the agent in its services.
// dotnet run --project samples/Web -c Release
// curl -o image.png --get http://localhost:5000/image --data-urlencode "prompt=two green stars above a blue circle"
// curl -N --get http://localhost:5000/events --data-urlencode "prompt=two green stars above a blue circle"
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using GenAgent.Agents;
using GenAgent.Models;
using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);

// The section names the models; secrets come from the same configuration. oracle and canvas are the miniature world's, and need no model.
builder.Services.AddGenAgent(builder.Configuration.GetSection("GenAgent"))
    .AddBackends(registry => registry.AddMicroWorld())
    .LoadOnStart();

var app = builder.Build();
app.MapGet("/image", async (string prompt, IImageGenerator generator, CancellationToken cancellationToken) =>
{
    var response = await generator.GenerateImagesAsync(prompt, options: null, cancellationToken);
    var image = response.Contents.OfType<DataContent>().First();
    return Results.Bytes(image.Data, image.MediaType);
});
app.MapGet("/events", (string prompt, ImageAgent agent, CancellationToken cancellationToken) =>
    TypedResults.ServerSentEvents(EventsOf(agent, prompt, cancellationToken)));
await app.RunAsync();

static async IAsyncEnumerable<SseItem<string>> EventsOf(ImageAgent agent, string prompt, [EnumeratorCancellation] CancellationToken cancellationToken)
{
    await foreach (var happened in agent.RunStreamingAsync(new AgentRequest(prompt), cancellationToken))
    {
        yield return new SseItem<string>(AgentEventJson.Write(happened, withImages: true));
    }
}
