namespace GenAgent.Engines.Wire;

/// <summary>What a server reports as the log-probability of a sampled token.</summary>
internal enum LogProbMode
{
    /// <summary>At temperature 1, before bias, penalties and truncation: vLLM's <c>raw_logprobs</c>, SGLang's SGLANG_RETURN_ORIGINAL_LOGPROB.</summary>
    Raw,

    /// <summary>At the sampling temperature, before truncation: SGLang by default.</summary>
    Scaled,

    /// <summary>Of the very distribution that is sampled from: vLLM's <c>processed_logprobs</c>.</summary>
    Processed,
}
