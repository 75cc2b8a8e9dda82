using GenAgent.Protocol;
using GenAgent.Telemetry;

namespace GenAgent.Trajectories;

/// <summary>Blots secrets out of every text of a trajectory.</summary>
internal static class TrajectoryMask
{
    public static Trajectory Apply(Trajectory trajectory, SecretMask mask)
    {
        return trajectory with
        {
            Prompt = mask.Mask(trajectory.Prompt),
            Model = Of(trajectory.Model),
            Generator = Of(trajectory.Generator),
            Instructions = mask.Mask(trajectory.Instructions),
            Opening = mask.Mask(trajectory.Opening),
            Rounds = [.. trajectory.Rounds.Select(OfRound)],
            Answer = trajectory.Answer is { } answer ? answer with { Text = Text(answer.Text) } : null,
            Error = Text(trajectory.Error),
            Labels = trajectory.Labels?.ToDictionary(label => label.Key, label => mask.Mask(label.Value), StringComparer.Ordinal),
        };

        string? Text(string? text) => text is null ? null : mask.Mask(text);

        ModelIdentity Of(ModelIdentity identity) =>
            new(mask.Mask(identity.Name), Text(identity.Provider), Text(identity.Version));

        Round OfRound(Round round) => round with
        {
            Text = mask.Mask(round.Text),
            Judgment = round.Judgment is { } judgment ? judgment with { Text = mask.Mask(judgment.Text) } : null,
            Thought = Text(round.Thought),
            Call = round.Call is { } call ? new ToolCall(mask.Mask(call.Name), mask.Mask(call.Arguments), call.Id) : null,
            Answer = Text(round.Answer),
            Generation = round.Generation is { } generation
                ? generation with
                {
                    Prompt = mask.Mask(generation.Prompt),
                    NegativePrompt = Text(generation.NegativePrompt),
                    Settings = generation.Settings?.ToDictionary(setting => setting.Key, setting => Text(setting.Value), StringComparer.Ordinal),
                }
                : null,
            Faults = [.. round.Faults.Select(fault => fault with { Message = mask.Mask(fault.Message) })],
        };
    }
}
