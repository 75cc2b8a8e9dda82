using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.JudgeChecks;

/// <summary>What a judge is worth, by images whose truth is known. Immutable.</summary>
/// <param name="Judge">Who was tried.</param>
/// <param name="Images">Images that it judged, failures included.</param>
/// <param name="Failed">Judgments that failed; they count in no share.</param>
/// <param name="Accuracy">The mean of the shares of right images passed and of wrong ones failed: 0.5 is worth nothing. Null where one kind is missing.</param>
/// <param name="FalsePasses">Share of wrong images that it passed; null without wrong images.</param>
/// <param name="FalsePassInterval">Its 95 % interval.</param>
/// <param name="FalseFails">Share of right images that it failed; null without right images.</param>
/// <param name="FalseFailInterval">Its 95 % interval.</param>
/// <param name="Drift">Share of images whose verdict changed when it was asked again; null where it was asked once.</param>
/// <param name="Finding">What follows, in a sentence.</param>
public sealed record JudgeCheckReport(
    string Judge, int Images, int Failed, double? Accuracy, double? FalsePasses, Interval? FalsePassInterval, double? FalseFails, Interval? FalseFailInterval,
        double? Drift, string Finding)
{
    /// <summary>Why judgments failed, each reason once, at most five.</summary>
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>Pairwise judging; null where nobody compared.</summary>
    public PairwiseCheck? Pairs { get; init; }
}

/// <summary>Pairs of a right and a wrong image, judged in both orders. Immutable.</summary>
/// <param name="Pairs">How many.</param>
/// <param name="Failed">Comparisons that failed.</param>
/// <param name="Right">Share in which the right image won; a disagreement of the two orders is no win.</param>
/// <param name="OrdersDisagree">Share in which the order of the two decided: the bias.</param>
public sealed record PairwiseCheck(int Pairs, int Failed, double Right, double OrdersDisagree);
