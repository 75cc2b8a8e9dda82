namespace GenAgent.Training.Synthesis;

/// <summary>A clock that stands still: training data says nothing of when and how fast it was made, so that the same call gives the same bytes.</summary>
internal sealed class StillTime : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public override long GetTimestamp() => 0;
}
