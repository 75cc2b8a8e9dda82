using System.ComponentModel;
using System.Text.Json;
using GenAgent.Server.Browse;
using GenAgent.Server.Jobs;
using GenAgent.Server.OpenAI;
using GenAgent.Server.Protocols;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace GenAgent.Server.Mcp;

/// <summary>The tools that make, edit and judge images.</summary>
internal sealed class ImageTools(ProtocolRuns runs, ServedModels models, ImageArgument images, McpCaller caller, TrajectoryIndex index)
{
    private const int MostImages = 10;
    private const int MostRounds = 100;

    [McpServerTool(
        Name = "generate_image",
        Title = "Generate an image",
        ReadOnly = false,
        Destructive = false,
        OpenWorld = false,
        UseStructuredContent = true,
        OutputSchemaType = typeof(MadeImages))]
    [Description(
        "Makes an image of a prompt: an agent thinks, calls an image generator, looks at what comes back, judges it, and tries again until it is right.")]
    public Task<CallToolResult> GenerateAsync(
        RequestContext<CallToolRequestParams> call,
        [Description("What the image should show, in the user's own words.")] string prompt,
        [Description("How many images, each from a run of its own, from 1 to 10.")] int count = 1,
        [Description("The seed of the first image's run; the same seed makes the same image again.")] long? seed = null,
        [Description("Width and height in pixels, as 1024x768; leave it out for the generator's own size.")] string? size = null,
        [Description("Rounds with an image that the agent may take, from 1 to 100; leave it out for the agent's own limit.")] int? rounds = null,
        [Description("The agent, by its configured name; leave it out for the default.")] string? agent = null,
        [Description("The image generator, by its configured name; leave it out for the agent's own.")] string? generator = null,
        CancellationToken cancellationToken = default) =>
        RunAsync(Order(prompt, count, seed, size, rounds, agent, generator), call, cancellationToken);

    [McpServerTool(
        Name = "edit_image",
        Title = "Edit an image",
        ReadOnly = false,
        Destructive = false,
        OpenWorld = false,
        UseStructuredContent = true,
        OutputSchemaType = typeof(MadeImages))]
    [Description("Changes an image as a prompt says. The image given stays as it is; the result is a new one.")]
    public async Task<CallToolResult> EditAsync(
        RequestContext<CallToolRequestParams> call,
        [Description("What should change, in the user's own words.")] string prompt,
        [Description("The image: the id of one that this server made, a data URL, or base64. No address is fetched and no file is read.")] string image,
        [Description("How many results, from 1 to 10.")] int count = 1,
        [Description("The seed of the first result's run.")] long? seed = null,
        [Description("Rounds with an image that the agent may take, from 1 to 100; leave it out for the agent's own limit.")] int? rounds = null,
        [Description("The agent, by its configured name; leave it out for the default.")] string? agent = null,
        [Description("The image generator, by its configured name; leave it out for the agent's own.")] string? generator = null,
        CancellationToken cancellationToken = default)
    {
        var given = await images.ReadAsync(image, cancellationToken);
        return await RunAsync(Order(prompt, count, seed, size: null, rounds, agent, generator) with { Images = [given.Data] }, call, cancellationToken);
    }

    private async Task<CallToolResult> RunAsync(JobRequest order, RequestContext<CallToolRequestParams> call, CancellationToken cancellationToken)
    {
        var progress = new CallProgress(call, order.Count);
        await using var run = await McpErrors.ToldAsync(() => runs.StartAsync(order, caller.Owner, caller.Address, cancellationToken));
        var samples = await run.SamplesAsync(cancellationToken, update => progress.TellAsync(update, cancellationToken));

        // So that a list that is asked for next has them.
        foreach (var id in samples.Select(sample => sample.Trajectory).OfType<string>()) await index.FindAsync(id, cancellationToken);
        var made = MadeImages.Of(run.JobId, samples);
        var blocks = new List<ContentBlock>();
        foreach (var image in samples.Select(sample => sample.Image).OfType<RunImage>())
        {
            blocks.Add(ImageContentBlock.FromBytes(await run.ReadAsync(image), image.MediaType));
        }

        blocks.Insert(0, new TextContentBlock { Text = McpJson.Text(made) });
        return new CallToolResult { Content = blocks, StructuredContent = McpJson.Element(made), IsError = blocks.Count == 1 };
    }

    private JobRequest Order(string prompt, int count, long? seed, string? size, int? rounds, string? agent, string? generator)
    {
        if (string.IsNullOrWhiteSpace(prompt)) throw new McpException("\"prompt\" is empty: say in words what the image should show.");
        if (count is < 1 or > MostImages) throw new McpException($"\"count\" is {count}, but must be from 1 to {MostImages}.");
        if (rounds is < 1 or > MostRounds) throw new McpException($"\"rounds\" is {rounds}, but must be from 1 to {MostRounds}.");
        if (seed is < 0) throw new McpException($"\"seed\" is {seed}, but must be 0 or more.");
        var fields = RequestFields.Of(JsonSerializer.SerializeToElement(new { model = agent, generator, size }));
        return McpErrors.Told(() =>
        {
            var model = models.Choose(fields);
            return new JobRequest(prompt)
            {
                Count = count,
                Seed = seed,
                Rounds = rounds,
                Size = ImagesRequest.Size(fields),
                Agent = model.Agent,
                Generator = model.Generator
            };
        });
    }
}
