using System.Text;
using GenAgent.Training.Logging;

namespace GenAgent.Training.Tests.Logging;

public sealed class RunLogTests
{
    [Fact]
    public void Entries_written_before_a_kill_are_there_afterwards()
    {
        using var folder = new TemporaryFolder();
        using var log = RunLog.Open(folder.Path, 0);

        log.Write(10, 320, Values(0.5));

        // Not disposed, not flushed by hand: what a killed process leaves.
        using var reader = new StreamReader(new FileStream(folder.File("metrics.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        reader.ReadToEnd().ShouldBe("{\"step\":10,\"samples\":320,\"loss\":0.5}\n");
    }

    [Fact]
    public void Resuming_cuts_the_log_back_to_the_checkpoint_so_that_no_step_is_there_twice()
    {
        using var folder = new TemporaryFolder();
        using (var log = RunLog.Open(folder.Path, 0))
        {
            for (var step = 10; step <= 50; step += 10) log.Write(step, step, Values(step));
        }

        File.AppendAllText(folder.File("metrics.jsonl"), "{\"step\":60,\"sam");
        using (var log = RunLog.Open(folder.Path, 30))
        {
            log.Entries.Select(e => e.Step).ShouldBe([10, 20, 30]);
            log.Write(40, 40, Values(41));
        }

        File.ReadAllLines(folder.File("metrics.jsonl")).Length.ShouldBe(4);
        EventFileReader.Scalars(folder.File("events.out.tfevents.genagent"), "loss").ShouldBe([(10, 10f), (20, 20f), (30, 30f), (40, 41f)]);
    }

    [Theory]
    [InlineData("\0\0\0\0\0\0\0\0")]
    [InlineData("{\"step\":20,\"samples\":20,\"loss\":1,\"loss\":2}")]
    [InlineData("{\"step\":\"twenty\",\"samples\":20}")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_damaged_line_costs_no_entry_behind_it(string damaged)
    {
        using var folder = new TemporaryFolder();
        using (var log = RunLog.Open(folder.Path, 0)) log.Write(10, 10, Values(10));
        File.AppendAllText(folder.File("metrics.jsonl"), $"{damaged}\n{{\"step\":30,\"samples\":30,\"loss\":30}}\n");

        using (var log = RunLog.Open(folder.Path, 30)) log.Entries.Select(entry => entry.Step).ShouldBe([10, 30]);
        File.ReadAllLines(folder.File("metrics.jsonl")).Length.ShouldBe(3);
    }

    [Fact]
    public void TensorBoard_reads_every_figure_and_picture()
    {
        using var folder = new TemporaryFolder();
        using (var log = RunLog.Open(folder.Path, 0))
        {
            log.Write(1, 8, new Dictionary<string, double> { ["loss"] = 2, ["success/1-2"] = 0.25 });
            log.WriteImage(1, "samples/all", 2, 2, Encoding.ASCII.GetBytes("png"));
        }

        var path = folder.File("events.out.tfevents.genagent");
        EventFileReader.Scalars(path, "success/1-2").ShouldBe([(1, 0.25f)]);
        EventFileReader.Events(path)[0].FileVersion.ShouldBe("brain.Event:2");
        EventFileReader.Events(path)[^1].Summary.Value[0].Image.EncodedImageString.ToStringUtf8().ShouldBe("png");
        File.Exists(folder.File("samples-all-0000001.png")).ShouldBeTrue();
    }

    [Fact]
    public void Figures_that_are_not_finite_survive_a_resume()
    {
        using var folder = new TemporaryFolder();
        using (var log = RunLog.Open(folder.Path, 0)) log.Write(1, 1, Values(double.NaN));

        using var resumed = RunLog.Open(folder.Path, 1);

        double.IsNaN(resumed.Entries.Single().Values["loss"]).ShouldBeTrue();
    }

    [Fact]
    public void A_plot_is_drawn_when_there_is_something_to_see()
    {
        using var folder = new TemporaryFolder();
        using var log = RunLog.Open(folder.Path, 0);
        log.Write(1, 8, Values(3));
        log.DrawPlot();
        File.Exists(folder.File("metrics.png")).ShouldBeFalse();
        log.Write(2, 16, Values(2));

        log.DrawPlot();

        File.ReadAllBytes(folder.File("metrics.png")).AsSpan(1, 3).ToArray().ShouldBe("PNG"u8.ToArray());
    }

    private static Dictionary<string, double> Values(double loss) => new() { ["loss"] = loss };
}
