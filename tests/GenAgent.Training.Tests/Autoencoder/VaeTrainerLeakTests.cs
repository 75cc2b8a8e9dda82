using GenAgent.Training.Tests.Runs;
using TorchSharp;

namespace GenAgent.Training.Tests.Autoencoder;

[Collection(nameof(Alone))]
public sealed class VaeTrainerLeakTests
{
    [Fact]
    public void Steps_leave_no_tensor_behind()
    {
        Alone.Settle();
        using var folder = new TemporaryFolder();
        var counts = new List<long>();
        VaeTrainerTests.Train(folder.Path, VaeTrainerTests.Tiny with { Training = VaeTrainerTests.Tiny.Training with { Steps = 30, CheckpointEvery = 100 } },
            progress: new Each(p =>
        {
            if (p.Step is 10 or 29) counts.Add(torch.Tensor.TotalCount);
        }));

        counts[1].ShouldBe(counts[0]);
    }
}
