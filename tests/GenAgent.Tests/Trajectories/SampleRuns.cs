using GenAgent.Agents;
using GenAgent.Seeds;
using GenAgent.Tests.Agents;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Trajectories;

/// <summary>Runs made by the real loop, for tests of what is kept of them.</summary>
internal static class SampleRuns
{
    public static TokenTrace Trace { get; } = new([151644, -1, int.MaxValue, 0], [0f, -0.25f, float.MinValue, -1e-30f], [false, true, true, false]);

    /// <summary>Two rounds with a broken turn between them, two candidates each, an answer, a token trace, a label.</summary>
    public static Task<AgentResult> TwoRoundsAsync(
        string prompt = "two red circles, naïve 编辑 😀", ImageAgentOptions? options = null, SeededGenerator? generator = null)
    {
        var model = new ScriptedModel(Turns.Call("a circle"), "<think>never closed", Turns.Again("two circles"), Turns.Answer("image 2"))
        {
            Decorate = (response, _) => response.WithTokenTrace(Trace),
        };
        var agent = new ImageAgent(model, generator ?? new SeededGenerator(), options ?? new ImageAgentOptions { CandidatesPerRound = 2 });
        return agent.RunAsync(new AgentRequest(prompt)
        {
            Seed = SeedPath.FromRoot(ulong.MaxValue).Child("trajectory", 3),
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["split"] = "test" },
        });
    }
}
