using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using GenAgent.Training.Sft;
using GenAgent.Validation;

namespace GenAgent.Training.Grpo;

/// <summary>Which loss a token of a rollout has.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PolicyLossKind>))]
public enum PolicyLossKind
{
    /// <summary>The clipped ratio, token by token (PPO, GRPO).</summary>
    [JsonStringEnumMemberName("clipped_ratio")]
    ClippedRatio,

    /// <summary>The clipped ratio of the whole rollout (GSPO).</summary>
    [JsonStringEnumMemberName("gspo")]
    Gspo,

    /// <summary>The likelihood, weighted by a cut-off ratio without gradient (CISPO).</summary>
    [JsonStringEnumMemberName("cispo")]
    Cispo,

    /// <summary>The likelihood of the rollouts with the best reward of their group: rejection sampling, the baseline.</summary>
    [JsonStringEnumMemberName("rejection")]
    Rejection,
}

/// <summary>How a policy learns from groups of rollouts: sampling, selection, advantage, loss. The defaults are the paper's where it says.</summary>
public sealed record GrpoOptions : IOptionRules
{
    /// <summary>Prompts a step whose groups teach something.</summary>
    [Range(1, 100_000)]
    public int Prompts { get; init; } = 64;

    /// <summary>Rollouts that are made for each prompt (G').</summary>
    [Range(2, 1024)]
    public int Rollouts { get; init; } = 12;

    /// <summary>
    /// Rollouts of each prompt that are learned from (G), chosen so that their turn counts are as uniform as they can be; <see cref="Rollouts"/> for no
    /// resampling.
    /// </summary>
    [Range(2, 1024)]
    public int Kept { get; init; } = 8;

    /// <summary>
    /// Groups that a step may try, as a multiple of <see cref="Prompts"/>: groups without variance are dropped and replaced by other prompts up to this bound.
    /// 1 replaces none.
    /// </summary>
    [Range(1.0, 100.0)]
    public double MaxGroups { get; init; } = 3;

    /// <summary>The sampling temperature. Nothing else shapes the distribution: what is sampled is what is trained.</summary>
    [Range(0.01, 2.0)]
    public double Temperature { get; init; } = 1;

    /// <summary>Rounds with an image that a rollout may take.</summary>
    [Range(1, 100)]
    public int Rounds { get; init; } = 2;

    /// <summary>Rollouts under way at once.</summary>
    [Range(1, 65536)]
    public int Concurrency { get; init; } = 64;

    /// <summary>
    /// Updates by which the policy that samples may be older than the one that is trained; 0 samples and trains in turns, and only then a resumed run gives the
    /// same weights.
    /// </summary>
    [Range(0, 64)]
    public int MaxStaleness { get; init; }

    /// <summary>Optimizer steps for each set of rollouts.</summary>
    [Range(1, 64)]
    public int Updates { get; init; } = 1;

    /// <summary>What the centred rewards of a group are divided by.</summary>
    public AdvantageScale AdvantageScale { get; init; } = AdvantageScale.Group;

    /// <summary>The loss of a token.</summary>
    public PolicyLossKind Loss { get; init; } = PolicyLossKind.ClippedRatio;

    /// <summary>How the tokens' losses become one.</summary>
    public LossMean Mean { get; init; } = LossMean.Rollout;

    /// <summary>The ratio is cut off below 1 less this.</summary>
    [Range(0.0, 1.0)]
    public double ClipLow { get; init; } = 0.2;

    /// <summary>The ratio is cut off above 1 plus this.</summary>
    [Range(0.0, 100.0)]
    public double ClipHigh { get; init; } = 0.28;

    /// <summary>A larger ratio costs no more where the advantage is negative; 0 for no such limit.</summary>
    [Range(0.0, 1000.0)]
    public double DualClip { get; init; } = 3;

    /// <summary>Weight of the divergence from the model that the run began with (k3); 0 for none.</summary>
    [Range(0.0, 10.0)]
    public double Kl { get; init; }

    /// <summary>Weight of the tokens' mean entropy, which is added to what is maximized.</summary>
    [Range(0.0, 1.0)]
    public double Entropy { get; init; }

    /// <summary>
    /// How tokens are weighted where the sampler and the trainer disagree about the same policy. Needs <see cref="Updates"/> 1 and <see cref="MaxStaleness"/>
    /// 0.
    /// </summary>
    public ImportanceMode Importance { get; init; } = ImportanceMode.None;

    /// <summary>The lower limit of these weights; 0 for none.</summary>
    [Range(0.0, 1.0)]
    public double ImportanceLow { get; init; }

    /// <summary>The upper limit of these weights.</summary>
    [Range(1.0, 100.0)]
    public double ImportanceHigh { get; init; } = 2;

    /// <summary>Newest steps whose rollouts stay on the disk, with their images.</summary>
    [Range(1, 1_000_000)]
    public int KeepRollouts { get; init; } = 20;

    /// <summary>About how many tokens a worker takes at a time.</summary>
    [Range(8, 10_000_000)]
    public int PackTokens { get; init; } = 1536;

    /// <summary>The tokens of <see cref="LossMean.Constant"/>.</summary>
    [Range(1, 1_000_000)]
    public int MeanTokens { get; init; } = 16384;

    /// <summary>The weights' type in the model that is written.</summary>
    public WeightType SavedWeights { get; init; } = WeightType.BF16;

    /// <summary>Rank of low-rank adapters that are trained in place of the weights; 0 trains the weights.</summary>
    [Range(0, 4096)]
    public int LoraRank { get; init; }

    /// <summary>The adapters' alpha; 0 takes twice the rank.</summary>
    [Range(0.0, 8192.0)]
    public double LoraAlpha { get; init; }

    /// <summary>Ends of the names of the layers that get an adapter.</summary>
    public IReadOnlyList<string> LoraTargets { get; init; } = ["q_proj", "k_proj", "v_proj", "o_proj"];

    /// <summary>Whether the vision tower stays as it is.</summary>
    public bool FreezeVision { get; init; } = true;

    internal int GroupLimit => (int)Math.Ceiling(Prompts * MaxGroups);

    /// <summary>The oldest version of the weights that a step's rollouts may be sampled by; negative at the first steps, for any.</summary>
    internal long OldestVersion(long step) => (step - MaxStaleness) * Updates;

    /// <inheritdoc/>
    public IEnumerable<string> FindProblems(string path, Func<string, string> pathOf)
    {
        ArgumentNullException.ThrowIfNull(pathOf);
        if (Kept > Rollouts)
            yield return $"{pathOf(nameof(Kept))} is {Kept}, but only {Rollouts} rollouts are made of each prompt ({pathOf(nameof(Rollouts))}).";
        if (Importance != ImportanceMode.None && (Updates > 1 || MaxStaleness > 0))
            yield return $"{pathOf(nameof(Importance))} weighs what the present policy sampled: it needs {pathOf(nameof(Updates))} 1 and "
                + $"{pathOf(nameof(MaxStaleness))} 0. The clipped ratio corrects older samples by itself.";
    }

    internal ITokenLoss TokenLoss() => Loss switch
    {
        PolicyLossKind.Gspo => new SequenceRatioLoss(ClipLow, ClipHigh, DualClip),
        PolicyLossKind.Cispo => new CispoLoss(ClipHigh),
        PolicyLossKind.Rejection => new LikelihoodLoss(),
        _ => new ClippedRatioLoss(ClipLow, ClipHigh, DualClip),
    };
}
