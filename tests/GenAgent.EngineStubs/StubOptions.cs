namespace GenAgent.EngineStubs;

/// <summary>Which engine a stub stands for.</summary>
public enum StubEngine
{
    /// <summary>vLLM.</summary>
    Vllm,

    /// <summary>SGLang.</summary>
    Sglang,
}

/// <summary>What a stub reports as log-probabilities.</summary>
public enum StubLogProbs
{
    /// <summary>At temperature 1, before bias and truncation: vLLM's <c>raw_logprobs</c> (its default), SGLang's SGLANG_RETURN_ORIGINAL_LOGPROB.</summary>
    Raw,

    /// <summary>At the sampling temperature, before truncation: SGLang's default.</summary>
    Scaled,

    /// <summary>Of the distribution that is sampled from: vLLM's <c>processed_logprobs</c>.</summary>
    Processed,
}

/// <summary>How a stub serves.</summary>
/// <param name="Engine">Which engine it stands for.</param>
/// <param name="Folder">The model's folder.</param>
public sealed record StubOptions(StubEngine Engine, string Folder)
{
    /// <summary>The name of the model at the server.</summary>
    public string ModelName { get; init; } = "policy";

    /// <summary>The version of the first weights.</summary>
    public string Version { get; init; } = "default";

    /// <summary>The port on the loopback; 0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>Compute threads; 0 for one per processor.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What it reports as log-probabilities; null for the engine's default.</summary>
    public StubLogProbs? LogProbs { get; init; }

    /// <summary>Whether it answers as versions before token ids in log-probabilities, weight versions and echoed prompt ids did.</summary>
    public bool IsOld { get; init; }

    /// <summary>The secret that requests under <c>/v1</c> (SGLang: all) must carry; null for none.</summary>
    public string? ApiKey { get; init; }
}
