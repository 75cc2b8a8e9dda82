namespace GenAgent.Torch.Generation.Scheduling;

/// <summary>
/// The language model as the engine runs it: a step of new tokens in, logits out, keys and values kept in paged blocks. One thread at a time.
/// </summary>
internal interface ITextDecoder : IDisposable
{
    /// <summary>Number of token ids.</summary>
    int VocabularySize { get; }

    /// <summary>Tokens in a cache block.</summary>
    int BlockTokens { get; }

    /// <summary>Bytes of keys and values of one block, all layers.</summary>
    long BytesPerBlock { get; }

    /// <summary>Distance between two rows of logits, in values; those beyond the vocabulary have no meaning.</summary>
    int LogitStride { get; }

    /// <summary>Makes room for that many blocks; called once, before the first step.</summary>
    void AllocateCache(int blocks);

    /// <summary>Computes a step, and stores the new tokens' keys and values in their blocks.</summary>
    /// <param name="batch">The new tokens.</param>
    /// <returns>The wanted logits, rows <see cref="LogitStride"/> apart, valid until the next call.</returns>
    ReadOnlyMemory<float> Run(StepBatch batch);

    /// <summary>Reads the model's current weights.</summary>
    void Refresh();
}
