using GenAgent.Training.Runs;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Runs;

public sealed class TrainingDeviceTests
{
    [Fact]
    public void The_processor_is_the_default() => TrainingDevice.Open(new TrainingOptions()).type.ShouldBe(TorchSharp.DeviceType.CPU);

    [Theory]
    [InlineData("gpu")]
    [InlineData("")]
    [InlineData("cuda:x")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:0")]
    public void What_is_no_device_is_refused_with_what_is_one(string name) =>
        Should.Throw<InvalidDataException>(() => TrainingDevice.Open(new TrainingOptions { Device = name })).Message.ShouldContain(
            $"training.device is \"{name}\": it takes cpu, cuda");

    [Fact]
    public void A_gpu_that_is_not_there_is_said_to_be_missing()
    {
        var missing = cuda.is_available() ? $"cuda:{cuda.device_count()}" : "cuda";
        Should.Throw<InvalidDataException>(() => TrainingDevice.Open(new TrainingOptions { Device = missing })).Message.ShouldContain("GPU");
    }
}
