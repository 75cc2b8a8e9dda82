namespace GenAgent.Running;

/// <summary>How far a run is.</summary>
/// <param name="Done">Tasks that are done, those of earlier runs and failed ones included.</param>
/// <param name="Total">Tasks in all.</param>
/// <param name="Resumed">Of those done, how many an earlier run did.</param>
/// <param name="Failed">Of those done, how many a backend failed.</param>
/// <param name="Left">How long the rest takes at this run's own pace; null before it has done a task.</param>
public sealed record RolloutProgress(int Done, int Total, int Resumed, int Failed, TimeSpan? Left);
