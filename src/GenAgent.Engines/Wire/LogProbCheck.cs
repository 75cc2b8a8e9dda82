using GenAgent.Engines.Replicas;
using GenAgent.Models;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Tokenizers;

namespace GenAgent.Engines.Wire;

/// <summary>
/// Makes sure that what a server reports are the log-probabilities that a trace holds: at the sampling temperature, before bias, penalties and truncation.
/// Which it reports is measured, once a server: the likeliest token of a short prompt is taken greedily, then at temperature 100 from the top 1.
/// </summary>
internal sealed class LogProbCheck(EngineOptions options, IEngineWire wire, ITokenizer tokenizer)
{
    private const double Near = .01;
    private const double Certain = -.05;

    /// <summary>Refuses a sampling whose log-probabilities the server does not report.</summary>
    /// <exception cref="BackendRejectedException">The server reports others; the message says what to do.</exception>
    public async Task RequireAsync(Replica replica, SamplingOptions sampling, CancellationToken cancellationToken)
    {
        var isGreedy = sampling.Temperature == 0;
        var isShifted = sampling.LogitBias.Count > 0 || sampling.RepetitionPenalty != 1;
        var isTruncated = !isGreedy && (sampling.TopP < 1 || sampling.TopK > 0 || sampling.MinP > 0);
        if ((isGreedy || sampling.Temperature == 1) && !isShifted && !isTruncated) return;
        var mode = await ModeAsync(replica, cancellationToken);
        var wrong = mode switch
        {
            LogProbMode.Raw when !isGreedy && sampling.Temperature != 1 =>
                FormattableString.Invariant($"at temperature 1, and the sampling temperature is {sampling.Temperature:0.####}"),
            LogProbMode.Scaled or LogProbMode.Processed when isShifted => "after bias and penalties, which a trainer does not recompute",
            LogProbMode.Processed when isTruncated => "after truncation (top-p, top-k, min-p), which a trainer does not recompute",
            _ => null,
        };
        if (wrong is not null) throw new BackendRejectedException($"{replica.Http.Name} reports log-probabilities {wrong}. {Remedy(mode)}");
    }

    /// <summary>What a server reports, in words.</summary>
    public async Task<string> DescribeAsync(Replica replica, CancellationToken cancellationToken) => await ModeAsync(replica, cancellationToken) switch
    {
        LogProbMode.Raw => "at temperature 1",
        LogProbMode.Scaled => "at the sampling temperature",
        _ => "of the processed distribution",
    };

    private string Remedy(LogProbMode mode) => (mode, options.Kind) switch
    {
        (LogProbMode.Raw, EngineKind.Vllm) => "Start it with --logprobs-mode processed_logprobs, or sample at temperature 0 or 1.",
        (LogProbMode.Raw, _) => "Start it without SGLANG_RETURN_ORIGINAL_LOGPROB, or sample at temperature 0 or 1.",
        (_, EngineKind.Vllm) => "Sample from the model's own distribution (?plain=true), or start it with --logprobs-mode raw_logprobs and sample at "
            + "temperature 0 or 1. An agent without token traces samples as it likes: openai:MODEL@ADDRESS/v1.",
        _ => "Sample from the model's own distribution (?plain=true). An agent without token traces samples as it likes: openai:MODEL@ADDRESS/v1.",
    };

    private async Task<LogProbMode> ModeAsync(Replica replica, CancellationToken cancellationToken)
    {
        if (replica.LogProbs is { IsFaulted: false, IsCanceled: false } known) return await known.WaitAsync(cancellationToken);
        replica.LogProbs = MeasureAsync(replica);
        return await replica.LogProbs.WaitAsync(cancellationToken);
    }

    private async Task<LogProbMode> MeasureAsync(Replica replica)
    {
        // Where the first word of a user is certain, any word is tried: a probability of 1 tells nothing.
        foreach (var prompt in (string[])[$"{QwenChatTemplate.TurnStart}user\n", $"{QwenChatTemplate.TurnStart}user\nA", QwenChatTemplate.TurnStart])
        {
            var ids = tokenizer.Encode(prompt);
            var greedy = await FirstAsync(replica, ids, new SamplingOptions { Temperature = 0 });
            if (greedy > Certain) continue;
            var hot = await FirstAsync(replica, ids, new SamplingOptions { Temperature = 100, TopK = 1 });
            return Math.Abs(hot - greedy) < Near ? LogProbMode.Raw : Math.Abs(hot) < Near ? LogProbMode.Processed : LogProbMode.Scaled;
        }

        return options.Kind == EngineKind.Vllm ? LogProbMode.Raw : LogProbMode.Scaled;
    }

    private async Task<float> FirstAsync(Replica replica, List<int> ids, SamplingOptions sampling)
    {
        var request = new EngineRequest(new ReadConversation(ids, [], null), sampling, MaxTokens: 1);
        var answer = await wire.GenerateAsync(replica, request, CancellationToken.None);
        AnswerCheck.Answer(replica.Http.Name, request, answer);
        return answer.Tokens[0].LogProb;
    }
}
