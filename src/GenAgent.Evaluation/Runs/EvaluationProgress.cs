namespace GenAgent.Evaluation.Runs;

/// <summary>How far an evaluation is.</summary>
/// <param name="Done">Images judged, those of earlier runs included.</param>
/// <param name="Total">Images in all.</param>
/// <param name="Passed">Of those done, how many passed.</param>
public sealed record EvaluationProgress(int Done, int Total, int Passed);
