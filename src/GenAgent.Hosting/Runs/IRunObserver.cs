using GenAgent.Agents;
using GenAgent.Judging;

namespace GenAgent.Hosting.Runs;

/// <summary>Watches a run. Called from one task at a time.</summary>
public interface IRunObserver
{
    /// <summary>Shows an event.</summary>
    /// <param name="happened">The event.</param>
    void Show(AgentEvent happened);

    /// <summary>Shows what the judge says of the final image.</summary>
    /// <param name="judgment">The judgment.</param>
    void Show(Judgment judgment);

    /// <summary>Ends what is under way on the screen, before other lines are written.</summary>
    void Finish();
}

/// <summary>Shows nothing.</summary>
public sealed class SilentObserver : IRunObserver
{
    /// <inheritdoc/>
    public void Show(AgentEvent happened)
    {
    }

    /// <inheritdoc/>
    public void Show(Judgment judgment)
    {
    }

    /// <inheritdoc/>
    public void Finish()
    {
    }
}
