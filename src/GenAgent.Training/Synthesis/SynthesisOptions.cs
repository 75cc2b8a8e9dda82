using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis;

/// <summary>How training data is made. The same options, teacher, prompts and generator give the same data.</summary>
public sealed record SynthesisOptions
{
    /// <summary>The root of all seeds.</summary>
    public ulong Seed { get; init; }

    /// <summary>Trajectories to make, in [1, 10^8].</summary>
    public int Count { get; init; } = 1000;

    /// <summary>Rounds that may bring an image, in [1, 10]. The paper's data has two.</summary>
    public int Rounds { get; init; } = 2;

    /// <summary>Denoising steps of every image, 1 or more; null for the generator's own number. With fewer there is more to judge and to mend.</summary>
    public int? Steps { get; init; }

    /// <summary>Share of trajectories that begin with the user's own words, in [0, 1].</summary>
    public double OwnWordsShare { get; init; } = 0.08;

    /// <summary>Share of trajectories whose first prompt lost an attribute, in [0, 1].</summary>
    public double LostAttributeShare { get; init; } = 0.08;

    /// <summary>Share of trajectories whose first prompt has an attribute wrong, in [0, 1].</summary>
    public double WrongAttributeShare { get; init; } = 0.08;

    /// <summary>Share of trajectories whose first call fails, in [0, 1]. These four shares sum to at most 1.</summary>
    public double FailedCallShare { get; init; } = 0.02;

    /// <summary>What the system turn says before it lists the tools; null for the agent's default.</summary>
    public string? Instructions { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/> when a value is out of range.</summary>
    internal static void Validate(SynthesisOptions options)
    {
        if (options.Count is < 1 or > 100_000_000)
            throw new ArgumentException($"{nameof(Count)} is {options.Count}, but must lie in [1, 100000000].", nameof(options));
        if (options.Rounds is < 1 or > 10)
            throw new ArgumentException($"{nameof(Rounds)} is {options.Rounds}, but must lie in [1, 10].", nameof(options));
        if (options.Steps is < 1)
            throw new ArgumentException($"{nameof(Steps)} is {options.Steps}, but must be 1 or more.", nameof(options));
        double[] shares = [options.OwnWordsShare, options.LostAttributeShare, options.WrongAttributeShare, options.FailedCallShare];
        if (shares.Any(s => !(s is >= 0 and <= 1)) || shares.Sum() > 1)
            throw new ArgumentException(
                $"The shares of first tries are {string.Join(", ", shares)}, but each must lie in [0, 1], and their sum too.", nameof(options));
    }

    /// <summary>How the trajectory of a seed begins, for a draw in [0, 1).</summary>
    internal FirstTry FirstTryOf(double draw)
    {
        foreach (var (share, first) in new[]
        {
            (OwnWordsShare, FirstTry.OwnWords), (LostAttributeShare, FirstTry.LostAttribute), (WrongAttributeShare, FirstTry.WrongAttribute),
            (FailedCallShare, FirstTry.FailedCall),
        })
        {
            if (draw < share)
                return first;
            draw -= share;
        }

        return FirstTry.Planned;
    }
}
