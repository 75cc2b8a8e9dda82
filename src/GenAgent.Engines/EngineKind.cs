namespace GenAgent.Engines;

/// <summary>An engine that serves a model over HTTP, token ids in and out.</summary>
public enum EngineKind
{
    /// <summary>vLLM: <c>/v1/chat/completions/render</c> and <c>/inference/v1/generate</c>.</summary>
    Vllm,

    /// <summary>SGLang: <c>/generate</c>.</summary>
    Sglang,
}
