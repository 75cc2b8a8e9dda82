using GenAgent.Trajectories;

namespace GenAgent.Server.Tests.Browse;

/// <summary>Folders of trajectories without a run: one image-less trajectory a line.</summary>
internal static class Written
{
    public static async Task ManyAsync(string folder, int count)
    {
        Directory.CreateDirectory(folder);
        await using var file = File.Create(Path.Combine(folder, TrajectoryFolder.FileName));
        for (var number = 0; number < count; number++)
        {
            var trajectory = new Trajectory
            {
                Id = $"{Path.GetFileName(folder)}-{number:00000}",
                Prompt = $"{number} red circles",
                StartedAt = DateTimeOffset.UnixEpoch.AddMinutes(number),
                Model = new("m"),
                Generator = new("g"),
                RootSeed = 1,
                Instructions = new string('i', 1500),
                Opening = "o",
                Rounds = [new(
                    0, new string('t', 800)) { Thought = new string('t', 700), Faults = number % 3 == 0 ? [new(FaultKind.BrokenTurn, "broken")] : [] }],
                StopReason = number % 2 == 0 ? StopReason.Declined : StopReason.RoundLimit,
                Scores = new Dictionary<string, double> { ["judge"] = number % 10 / 10.0 },
            };
            await file.WriteAsync(TrajectoryJson.Write(trajectory));
            file.WriteByte((byte)'\n');
        }
    }
}
