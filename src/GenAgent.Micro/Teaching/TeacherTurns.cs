using System.Text.Json;
using GenAgent.Judging;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>The turns of a perfect agent, from what it knows to their very words. Pure.</summary>
internal static class TeacherTurns
{
    /// <summary>What was asked for, the plan, and the call.</summary>
    public static string First(PromptConstraints asked, IReadOnlyList<string>? facts, ScenePlan plan) => Think($"{Thinking.Of(asked, facts)}.", plan);

    /// <summary>After a call that brought no image.</summary>
    public static string Again(PromptConstraints asked, ScenePlan plan) => Think($"no image came, again. {CanonicalWords.Of(asked)}.", plan);

    /// <summary>After an image: the judgment, then the answer or another try.</summary>
    /// <param name="reading">What is seen.</param>
    /// <param name="asked">What was asked for.</param>
    /// <param name="images">How many images there are by now.</param>
    /// <param name="another">Makes the next plan, where one is needed.</param>
    public static string Judge(SceneReading reading, PromptConstraints asked, int images, Func<ScenePlan> another)
    {
        var verdict = ConstraintVerifier.Verify(reading, asked);
        var judge = JudgeWords.Section(reading, asked, verdict);
        return verdict.Passed
            ? $"{judge}\n<answer>image {images}</answer>"
            : $"{judge}\n{Think($"{JudgeWords.Faults(verdict)}. {CanonicalWords.Of(asked)}.", another())}";
    }

    private static string Think(string thought, ScenePlan plan) =>
        $"<think>{thought} {plan.Words}</think>\n<tool_call>\n{{\"name\": \"generate_image\", \"arguments\": {{\"prompt\": {JsonSerializer.Serialize(plan.Caption)}}}}}\n</tool_call>";
}
