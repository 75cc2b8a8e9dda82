using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Runs;
using GenAgent.Judging;

namespace GenAgent.Cli.Screens;

/// <summary>Writes a run as lines of JSON, one an event, for programs that watch it (docs/schemas/event.schema.json).</summary>
internal sealed class JsonRunScreen(CliHost host) : IRunObserver
{
    public static System.CommandLine.Option<bool> Flag() => new("--events") { Description = "Writes each event of the run as a line of JSON." };

    public void Show(AgentEvent happened) => host.WriteResult(AgentEventJson.Write(happened));

    // The result says what the judge said.
    public void Show(Judgment judgment)
    {
    }

    public void Finish()
    {
    }
}
