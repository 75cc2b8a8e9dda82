using GenAgent.Hosting;
using GenAgent.Server.Backends;
using GenAgent.Server.Images;

namespace GenAgent.Server.Jobs;

/// <summary>What a request may ask for. A request that passes is complete: its seed is settled and its images are encoded anew.</summary>
internal sealed class JobRules(ServerOptions options, ServedAgents agents, WebhookAddress webhooks, HostEnvironment host)
{
    private const int LongestKey = 200;
    private const int LargestSide = 4096;

    /// <summary>Checks a request and completes it.</summary>
    /// <exception cref="RefusedException">A field is wrong; the message says what is allowed.</exception>
    public JobRequest Check(JobRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            throw RefusedException.BadField("prompt", "\"prompt\" is empty: say in words what the image should show.");
        }
        if (request.Prompt.Length > options.PromptCharacters)
        {
            throw RefusedException.BadField(
                "prompt", $"\"prompt\" has {request.Prompt.Length} characters, but at most {options.PromptCharacters} are allowed.");
        }
        if (request.Prompt.Any(letter => char.IsControl(letter) && letter is not ('\t' or '\n' or '\r')))
        {
            throw RefusedException.BadField("prompt", "\"prompt\" holds control characters: only tabs and line ends are allowed.");
        }
        Range("count", request.Count, 1, options.Count);
        Range("rounds", request.Rounds, 1, options.Rounds);
        Range("priority", request.Priority, -100, 100);
        Range("seed", request.Seed, 0, long.MaxValue);
        Range("size", request.Size?.Width, 1, LargestSide);
        Range("size", request.Size?.Height, 1, LargestSide);
        if (request.Deadline is { } seconds && !(seconds > 0 && seconds <= options.JobSeconds))
        {
            throw RefusedException.BadField("deadline", $"\"deadline\" is {seconds} seconds, but must be above 0 and at most {options.JobSeconds}.");
        }
        if (request.IdempotencyKey is { Length: 0 or > LongestKey })
        {
            throw RefusedException.BadField("Idempotency-Key", $"Idempotency-Key must have 1 to {LongestKey} characters.");
        }
        if (request.Images.Count > options.Images)
        {
            throw RefusedException.BadField("images", $"There are {request.Images.Count} images, but at most {options.Images} are allowed.");
        }
        if (request.Kind == JobKind.Edit && request.Images.Count == 0 && request.From is null)
        {
            throw RefusedException.BadField("images", "There is no image to edit: send one in \"images\".");
        }
        Known("agent", request.Agent, agents.AgentNames);
        Known("generator", request.Generator, agents.GeneratorNames);
        if (request.Webhook is { } webhook) webhooks.Check(webhook);
        return request with
        {
            Images = [.. request.Images.Select(image => UploadedImage.Clean(image, options))],
            Seed = request.Seed ?? (long)(host.FreshSeed() & long.MaxValue),
        };
    }

    /// <summary>Refuses a job that would wait too long.</summary>
    /// <exception cref="RefusedException">Too many jobs wait.</exception>
    public void RequireRoom(long waiting, long ownWaiting)
    {
        if (waiting >= options.Queue) throw new RefusedException(503, "The queue is full: try again later.") { RetryAfter = 10 };
        if (ownWaiting >= options.QueuePerKey)
        {
            throw new RefusedException(
                429, $"{ownWaiting} of your jobs wait already, and more are not allowed: wait until some have ended.") { RetryAfter = 10 };
        }
    }

    private static void Range(string field, long? value, long least, long most)
    {
        if (value < least || value > most) throw RefusedException.BadField(field, $"\"{field}\" is {value}, but must be from {least} to {most}.");
    }

    private static void Known(string field, string? name, IReadOnlyList<string> names)
    {
        if (name is not null && !names.Contains(name, StringComparer.Ordinal))
        {
            throw RefusedException.BadField(field, $"\"{field}\" names no configured {field}. Known: {string.Join(", ", names)}.");
        }
    }
}
