using System.Text.Json;
using GenAgent.Judging;
using GenAgent.Micro.Language;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Teaching;

/// <summary>Writes the turns of a perfect agent. Pure.</summary>
internal static class TeacherTurns
{
    /// <summary>What was asked for, the plan, and the call.</summary>
    /// <param name="asked">What was asked for.</param>
    /// <param name="said">The facts that it uses, each with its answer.</param>
    /// <param name="plan">The plan.</param>
    public static string First(PromptConstraints asked, IReadOnlyList<string> said, ScenePlan plan) => Think($"{Thinking.Of(asked, said)}.", plan);

    /// <summary>The beginning of a first turn, up to the plan.</summary>
    public static string Beginning(PromptConstraints asked, IReadOnlyList<string> said) => $"<think>{Thinking.Of(asked, said)}.";

    /// <summary>Why the request cannot be drawn, and what can be drawn.</summary>
    public static string Decline(DeclineReason reason) => $"{Refusal(reason)} {OracleTeacher.Abilities}</answer>";

    /// <summary>A turn that declines, without the text on what can be drawn.</summary>
    public static string Refusal(DeclineReason reason) =>
        $"<think>not of my little world: {Name(reason)}.</think>\n<answer>I cannot draw this: {Sentence(reason)}.";

    /// <summary>The turn after a call that returned no image.</summary>
    public static string Again(PromptConstraints asked, ScenePlan plan) => Think($"no image came, again. {CanonicalWords.Of(asked)}.", plan);

    /// <summary>The turn after an image: the judgment, then the answer or another attempt.</summary>
    /// <param name="reading">What is seen.</param>
    /// <param name="asked">What was asked for.</param>
    /// <param name="images">Number of images so far.</param>
    /// <param name="another">Makes the next plan, if needed.</param>
    public static string Judge(SceneReading reading, PromptConstraints asked, int images, Func<ScenePlan> another)
    {
        var verdict = ConstraintVerifier.Verify(reading, asked);
        var judge = JudgeWords.Section(reading, asked, verdict);
        return verdict.Passed
            ? $"{judge}\n<answer>image {images}</answer>"
            : $"{judge}\n{Think($"{JudgeWords.Faults(verdict)}. {CanonicalWords.Of(asked)}.", another())}";
    }

    private static string Name(DeclineReason reason) => reason switch
    {
        DeclineReason.TwoNumbers => "contradiction, two numbers",
        DeclineReason.TwoColors => "contradiction, two colors",
        DeclineReason.TwoShapes => "contradiction, two shapes",
        DeclineReason.TwoSizes => "contradiction, two sizes",
        DeclineReason.TwoPlaces => "contradiction, two places",
        DeclineReason.TwoBackgrounds => "contradiction, two backgrounds",
        DeclineReason.Forbidden => "contradiction, wanted and forbidden",
        _ => reason.ToString().ToLowerInvariant(),
    };

    private static string Sentence(DeclineReason reason) => reason switch
    {
        DeclineReason.Thing => "it is no plain shape",
        DeclineReason.Count => "an image holds one to seven shapes",
        DeclineReason.Color => "I have no such color",
        DeclineReason.Shape => "I know no such shape",
        DeclineReason.Style => "my shapes are flat, plain and still",
        DeclineReason.Text => "I cannot write",
        DeclineReason.Background => "my backgrounds are white, gray and black",
        DeclineReason.Placement => "each shape has a place of its own, side by side with the others",
        DeclineReason.TwoNumbers => "it asks for two numbers of one thing, a contradiction",
        DeclineReason.TwoColors => "it asks for one thing in two colors, a contradiction",
        DeclineReason.TwoShapes => "it asks for one thing of two shapes, a contradiction",
        DeclineReason.TwoSizes => "it asks for one thing of two sizes, a contradiction",
        DeclineReason.TwoPlaces => "it asks for one thing in two places, a contradiction",
        DeclineReason.TwoBackgrounds => "it asks for two backgrounds, a contradiction",
        _ => "it asks for something that it forbids, a contradiction",
    };

    private static string Think(string thought, ScenePlan plan) =>
        $"<think>{thought} {plan.Words}</think>\n<tool_call>\n{{\"name\": \"generate_image\", \"arguments\": {{\"prompt\": "
            + $"{JsonSerializer.Serialize(plan.Caption)}}}}}\n</tool_call>";
}
