namespace GenAgent.Bench.Scale;

/// <summary>What runs cost, and how many come. Seconds of service are those of one request at the load that a server is sized for.</summary>
internal sealed record ScaleScenario
{
    /// <summary>Prompts a minute; they come at random moments (Poisson).</summary>
    public double PromptsPerMinute { get; init; } = 10;

    /// <summary>Shares of the runs that stop after 1, 2, 3 and 4 images.</summary>
    public IReadOnlyList<double> Images { get; init; } = [0.55, 0.30, 0.10, 0.05];

    /// <summary>Tokens before the first turn: instructions and prompt.</summary>
    public int PromptTokens { get; init; } = 900;

    /// <summary>Tokens of an image that the agent looks at.</summary>
    public int ImageTokens { get; init; } = 1369;

    /// <summary>Tokens that a turn writes.</summary>
    public int TurnTokens { get; init; } = 180;

    /// <summary>Tokens a second that a chat GPU reads.</summary>
    public double PrefillTokens { get; init; } = 12_000;

    /// <summary>Tokens a second that one sequence gets while all of a GPU's sequences decode.</summary>
    public double DecodeTokens { get; init; } = 40;

    /// <summary>Sequences that a chat GPU decodes at once.</summary>
    public int Sequences { get; init; } = 64;

    /// <summary>Share of the turns that come to the replica that has their beginning in its prefix cache; the others are read from their first token.</summary>
    public double PrefixHits { get; init; } = 0.95;

    /// <summary>Seconds of an image on one GPU.</summary>
    public double ImageSeconds { get; init; } = 5;

    /// <summary>Share of turns and of images that fail and are asked for again.</summary>
    public double Failures { get; init; } = 0.01;

    /// <summary>Processor time of the loop for one round, in microseconds.</summary>
    public double LoopMicroseconds { get; init; } = 44;

    /// <summary>Price of one GPU for an hour.</summary>
    public double GpuHour { get; init; } = 2.5;

    /// <summary>GPUs of chat servers.</summary>
    public int ChatGpus { get; init; } = 1;

    /// <summary>GPUs of image servers.</summary>
    public int ImageGpus { get; init; } = 1;

    /// <summary>Images of a run on average, failures included.</summary>
    public double MeanImages => Images.Select((share, i) => share * (i + 1)).Sum() / (1 - Failures);

    /// <summary>Seconds of the turn after so many images.</summary>
    /// <param name="images">Images that the run has made.</param>
    /// <param name="isCached">Whether its replica has all but the newest image in its cache.</param>
    public double TurnSeconds(int images, bool isCached)
    {
        var newest = images == 0 ? PromptTokens : ImageTokens;
        var whole = PromptTokens + (images * (ImageTokens + TurnTokens));
        return ((isCached ? newest : whole) / PrefillTokens) + (TurnTokens / DecodeTokens);
    }
}

/// <summary>How a simulated or a real run of a scenario went.</summary>
/// <param name="Runs">Runs that ended.</param>
/// <param name="Seconds">From the first prompt to the last answer.</param>
/// <param name="Median">Median seconds of a run.</param>
/// <param name="Slow">Seconds that 95 % of the runs took at most.</param>
/// <param name="ChatUse">Share of the chat servers' places that were in use.</param>
/// <param name="ImageUse">Share of the image servers' places that were in use.</param>
internal sealed record ScaleOutcome(int Runs, double Seconds, double Median, double Slow, double ChatUse, double ImageUse)
{
    public static ScaleOutcome Of(IEnumerable<double> latencies, double seconds, double chatUse, double imageUse)
    {
        double[] sorted = [.. latencies.Order()];
        return new(sorted.Length, seconds, sorted[sorted.Length / 2], sorted[(int)(sorted.Length * 0.95)], chatUse, imageUse);
    }
}
