using GenAgent.Agents;
using GenAgent.Judging;

namespace GenAgent.Hosting.Runs;

/// <summary>Shows a run to whoever watches. Called from one task at a time.</summary>
internal interface IRunObserver
{
    /// <summary>Shows an event.</summary>
    void Show(AgentEvent happened);

    /// <summary>Shows what the judge says of the final image.</summary>
    void Show(Judgment judgment);

    /// <summary>Ends what is under way on the screen, before other lines are written.</summary>
    void Finish();
}

/// <summary>Shows nothing.</summary>
internal sealed class SilentObserver : IRunObserver
{
    public void Show(AgentEvent happened)
    {
    }

    public void Show(Judgment judgment)
    {
    }

    public void Finish()
    {
    }
}
