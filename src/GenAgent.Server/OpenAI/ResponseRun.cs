using System.Globalization;
using GenAgent.Server.Protocols;

namespace GenAgent.Server.OpenAI;

/// <summary>Turns a run into an answer of the Responses API, and tells each event of it on the way.</summary>
/// <param name="run">The run.</param>
/// <param name="stored">What its request asked for.</param>
/// <param name="tell">Is told each event with its number; null for nobody.</param>
internal sealed class ResponseRun(ProtocolRun run, StoredResponse stored, Func<string, Dictionary<string, object>, Task>? tell = null)
{
    private readonly ImageFormat _format = ImageFormat.Find(stored.Format);
    private int _number;

    /// <summary>Follows the run to its end.</summary>
    /// <param name="updates">What happens in it.</param>
    /// <returns>The answer; one that failed says why.</returns>
    public async Task<ResponseAnswer> AnswerAsync(IAsyncEnumerable<RunUpdate> updates)
    {
        var answer = stored.Begin(run);
        var writer = new ResponseWriter(run.JobId, TellAsync);
        try
        {
            await TellAsync("response.created", Of(answer));
            if (stored.IsBackground) await TellAsync("response.queued", Of(answer with { Status = "queued" }));
            await TellAsync("response.in_progress", Of(answer));
            var sample = await FollowAsync(updates, writer);
            answer = answer with { Status = "completed", Output = writer.Output, Usage = ResponseUsage.Of(sample.Tokens) };
            await TellAsync("response.completed", Of(answer));
        }
        catch (Exception failure) when (OpenAIErrors.TryRead(failure, out var refused))
        {
            var code = string.Equals(refused.Error.Type, "server_error", StringComparison.Ordinal) ? "server_error" : "invalid_prompt";
            answer = answer with { Status = "failed", Output = writer.Output, Error = new(code, refused.Message), Failure = refused };
            await TellAsync("response.failed", Of(answer));
        }

        return answer;
    }

    private async Task<SampleUpdate> FollowAsync(IAsyncEnumerable<RunUpdate> updates, ResponseWriter writer)
    {
        SampleUpdate? sample = null;
        var partial = new PartialImages(run, tell is null ? 0 : stored.PartialImages, _format, stored.Compression);
        await foreach (var update in updates)
        {
            // Previews are gone when the stream of a job in the background is read again, and the events keep their numbers.
            if ((update is not PreviewUpdate || !stored.IsBackground) && await partial.OfAsync(update) is { } draft) await writer.DraftAsync(draft.Base64);
            if (update is ThoughtUpdate thought) await writer.ThinkAsync(thought.Text);
            if (update is CallUpdate) await writer.CallAsync();
            sample = update as SampleUpdate ?? sample;
        }

        if (sample is not { Image: not null } and not { Declined: true }) throw RunFailure.Of(sample is null ? [] : [sample]);
        await writer.EndAsync(sample.Image is { } final ? await ItemAsync(final) : null, sample.Answer ?? string.Empty);
        return sample;
    }

    private async Task<ImageCallItem> ItemAsync(RunImage image) =>
        new(string.Empty, "completed", Convert.ToBase64String(_format.Encode(await run.ReadAsync(image), image.MediaType, stored.Compression).Span))
        {
            RevisedPrompt = image.Prompt,
            Size = string.Create(CultureInfo.InvariantCulture, $"{image.Width}x{image.Height}"),
            OutputFormat = _format.Name,
        };

    private Task TellAsync(string type, Dictionary<string, object> members)
    {
        members["type"] = type;
        members["sequence_number"] = _number++;
        return tell?.Invoke(type, members) ?? Task.CompletedTask;
    }

    private static Dictionary<string, object> Of(ResponseAnswer answer) => new(StringComparer.Ordinal) { ["response"] = answer };
}
