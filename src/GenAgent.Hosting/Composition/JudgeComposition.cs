using GenAgent.Agents;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace GenAgent.Hosting.Composition;

/// <summary>The configured judge: who chooses among images, and who scores the final one.</summary>
/// <param name="Chat">The judge's model, to be disposed of; null for a judge without one.</param>
/// <param name="Selector">Who chooses.</param>
/// <param name="Final">Who scores the final image; null for a judge that only compares.</param>
internal sealed record JudgeComposition(IChatClient? Chat, IAttemptSelector Selector, IJudge? Final)
{
    private const long CacheBytes = 4L << 20;

    /// <summary>Makes the judge; null when none is configured.</summary>
    public static async Task<JudgeComposition?> CreateAsync(Settings settings, BackendRegistry registry, TimeProvider time, CancellationToken cancellationToken)
    {
        if (settings.Get<BackendOptions>(BackendOptions.SectionName).Judge is not { Length: > 0 } uri)
        {
            return null;
        }

        if (registry.IsJudge(uri))
        {
            var program = await registry.CreateJudgeAsync(uri, cancellationToken);
            return new(null, new ScoreSelector(program), program);
        }

        var options = settings.Get<JudgingOptions>(JudgingOptions.SectionName);
        var chat = await registry.CreateChatClientAsync(uri, cancellationToken);
        if (options.Kind == JudgeKind.Pairwise)
        {
            return new(chat, new TournamentSelector(new PairwiseJudge(chat, options.ToChatOptions())), null);
        }

        IJudge asked = options.Kind == JudgeKind.Checklist ? new ChecklistJudge(chat, options.ToChatOptions()) : new PointwiseJudge(chat, options.ToChatOptions());

        // The selector has seen the final image already: its score is remembered, not asked for twice.
        var cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { SizeLimit = CacheBytes }));
        var judge = asked.AsBuilder()
            .UseCache(cache)
            .UseRetries(options.Retries, time: time)
            .UseConcurrencyLimit(options.Concurrency)
            .Build();
        return new(chat, new ScoreSelector(judge), judge);
    }
}
