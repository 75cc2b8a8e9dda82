using GenAgent.Dialects;
using GenAgent.Protocol;

namespace GenAgent.Trajectories.Exchange;

/// <summary>
/// The texts of a trajectory as a model that calls its tool by tags would have read and written them; a model that called natively is rewritten.
/// </summary>
public static class TaggedTranscript
{
    /// <summary>The dialect of the text: the trajectory's own, or the default one for a model that called natively.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <returns>The dialect.</returns>
    public static Dialect DialectOf(Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        return Dialect.Find(trajectory.Dialect) is { CallStyle: CallStyle.Tags } own ? own : Dialect.Default;
    }

    /// <summary>The turn of a round, in the dialect that its trajectory is told in.</summary>
    /// <param name="round">The round.</param>
    /// <param name="dialect">How agent and model talked.</param>
    /// <returns>The text.</returns>
    public static string TurnText(Round round, Dialect dialect)
    {
        ArgumentNullException.ThrowIfNull(round);
        var isTagged = TurnParser.Parse(round.Text, dialect).Turn is { } said
            && (said.Thought is null || round.Text.Contains(ProtocolTag.Open(TurnSection.Thought), StringComparison.Ordinal));
        if (isTagged || (round.Call ?? (object?)round.Answer) is null)
        {
            return round.Text;
        }

        return Protocol.TurnText.TryWrite(new AgentTurn(round.Judgment, round.Thought, round.Call, round.Answer), out _, dialect) ?? round.Text;
    }

    /// <summary>The system turn.</summary>
    /// <param name="trajectory">The trajectory.</param>
    /// <returns>The text.</returns>
    public static string SystemText(Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        return trajectory.Rounds.Any(round => round.Call?.Id is not null)
            ? SystemTurn.Render(Dialect.Default.Instructions, [Dialect.Default.Generate.Declaration])
            : trajectory.Instructions;
    }
}
