using System.Text;
using GenAgent.Server.Http;
using GenAgent.Server.Protocols;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace GenAgent.Server.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>: the agent's thoughts as reasoning, its image as content.</summary>
internal sealed class ChatEndpoints(ProtocolRuns runs, ServedModels models, TimeProvider time)
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/chat/completions", (HttpContext context, ChatEndpoints chat) => chat.AnswerAsync(context))
            .WithSummary("Makes an image in a conversation (OpenAI chat completions)");

    private async Task AnswerAsync(HttpContext context)
    {
        var request = ChatRequest.Read(await RequestFields.ReadAsync(context.Request, context.RequestAborted), models);
        await using var run = await runs.StartAsync(context, request.Order, context.RequestAborted);
        var id = $"chatcmpl-{run.JobId}";
        var created = time.GetUtcNow().ToUnixTimeSeconds();
        if (request.Streams)
        {
            await StreamAsync(context, run, request, id, created);
            return;
        }

        var thoughts = Enumerable.Range(0, request.Order.Count).Select(_ => new StringBuilder()).ToArray();
        var samples = await run.SamplesAsync(context.RequestAborted, update =>
        {
            if (update is ThoughtUpdate thought) thoughts[thought.Sample].Append(thought.Text);
            return Task.CompletedTask;
        });
        if (!samples.Any(Answers)) throw RunFailure.Of(samples);
        var choices = new List<ChatChoice>();
        foreach (var sample in samples.Where(Answers))
        {
            var (content, images) = await ContentAsync(run, sample, request);
            choices.Add(new(sample.Sample, new(content, thoughts[sample.Sample].ToString().Trim() is { Length: > 0 } thought ? thought : null, images)));
        }

        var tokens = samples.Aggregate(default(RunTokens), (sum, sample) => sum + sample.Tokens);
        await context.Response.WriteAsJsonAsync(
            new ChatAnswer(id, created, request.Model, choices, ChatUsage.Of(tokens)), OpenAIJson.Options, context.RequestAborted);
    }

    private async Task StreamAsync(HttpContext context, ProtocolRun run, ChatRequest request, string id, long created)
    {
        using var stream = await EventStream.BeginAsync(context, OpenAIJson.Options, time);
        var tokens = default(RunTokens);
        try
        {
            for (var index = 0; index < request.Order.Count; index++) await SendAsync(index, new() { Role = "assistant", Content = string.Empty });
            await foreach (var update in stream.KeepingAliveAsync(run.UpdatesAsync(context.RequestAborted)))
            {
                if (update is ThoughtUpdate thought) await SendAsync(thought.Sample, new() { ReasoningContent = thought.Text });
                if (update is not SampleUpdate sample) continue;
                if (!Answers(sample)) throw RunFailure.Of([sample]);
                var (content, images) = await ContentAsync(run, sample, request);
                await SendAsync(sample.Sample, new() { Content = content, Images = images });
                await SendAsync(sample.Sample, new(), "stop");
                tokens += sample.Tokens;
            }

            if (request.TellsUsage) await stream.WriteAsync(null, new ChatChunk(id, created, request.Model, []) { Usage = ChatUsage.Of(tokens) });
            await stream.DoneAsync();
        }
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            await stream.WriteAsync(null, OpenAIErrors.BodyOf(refused, context));
        }

        Task SendAsync(int index, ChatDelta delta, string? finish = null) =>
            stream.WriteAsync(null, new ChatChunk(id, created, request.Model, [new(index, delta, finish)]));
    }

    // In a conversation an answer in words alone is an answer.
    private static bool Answers(SampleUpdate sample) => sample.Image is not null || sample.Declined;

    private static async Task<(string Content, IReadOnlyList<ChatImage>? Images)> ContentAsync(ProtocolRun run, SampleUpdate sample, ChatRequest request)
    {
        var words = sample.Answer ?? string.Empty;
        if (sample.Image is not { } image) return (words, null);
        var url = EncodedImage.DataUrl(await run.ReadAsync(image), image.MediaType);
        return request.WritesMarkdown ? (Markdown(image, url, words), null) : (words, [new(0, new(url))]);
    }

    private static string Markdown(RunImage image, string url, string words) => $"![{Alternative(image.Prompt ?? "image")}]({url})\n\n{words}".TrimEnd();

    // What could end the brackets of the Markdown is left out of the words in them.
    private static string Alternative(string prompt) => string.Concat(prompt.Select(c => c is '[' or ']' or '\n' or '\r' or '\\' or '`' ? ' ' : c));
}
