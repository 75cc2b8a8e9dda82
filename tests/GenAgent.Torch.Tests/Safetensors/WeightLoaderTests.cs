using GenAgent.Torch.Safetensors;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Safetensors;

public sealed class WeightLoaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly nn.Module _module = nn.Sequential(("first", nn.Linear(2, 3)), ("norm", nn.BatchNorm1d(3)));

    public void Dispose()
    {
        _module.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void All_parameters_and_buffers_are_filled()
    {
        using var source = Source(_module.state_dict().ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).FillInPlace(3)));

        WeightLoader.Load(_module, source).ShouldBeEmpty();

        foreach (var value in _module.state_dict().Values)
        {
            value.EqualTo(3).all().item<bool>().ShouldBeTrue();
        }
    }

    [Fact]
    public void Everything_that_does_not_fit_is_reported_at_once_and_nothing_is_loaded()
    {
        var tensors = _module.state_dict().ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).FillInPlace(3));
        tensors.Remove("first.bias");
        tensors.Remove("norm.weight");
        tensors["head.weight"] = zeros(1);
        tensors["first.weight"] = zeros(2, 3);
        using var source = Source(tensors);

        var fault = Should.Throw<WeightMismatchException>(() => WeightLoader.Load(_module, source));

        fault.Missing.ShouldBe(["first.bias", "norm.weight"], ignoreOrder: true);
        fault.Unexpected.ShouldBe(["head.weight"]);
        var shape = fault.ShapeMismatches.ShouldHaveSingleItem();
        shape.Name.ShouldBe("first.weight");
        shape.Expected.ShouldBe([3, 2]);
        shape.Actual.ShouldBe([2, 3]);
        fault.Message.ShouldContain("first.weight (model [3, 2], checkpoint [2, 3])");
        _module.state_dict()["norm.bias"].EqualTo(3).any().item<bool>().ShouldBeFalse();
    }

    [Fact]
    public void Another_key_layout_is_loaded_by_renaming()
    {
        var tensors = _module.state_dict().ToDictionary(pair => "model." + pair.Key, pair => zeros_like(pair.Value).FillInPlace(5));
        tensors["model.rotary.inv_freq"] = zeros(1);
        using var source = Source(tensors);

        WeightLoader.Load(_module, source, new WeightLoadOptions { Rename = name => name.Contains("inv_freq") ? null : name["model.".Length..] });

        _module.state_dict()["first.weight"].EqualTo(5).all().item<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Two_names_that_become_one_are_refused()
    {
        var tensors = _module.state_dict().ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).FillInPlace(5));
        tensors["x.first.bias"] = zeros(3);
        using var source = Source(tensors);

        Should.Throw<SafetensorsException>(() => WeightLoader.Load(_module, source, new WeightLoadOptions { Rename = name => name.Replace("x.", "") }))
            .Message.ShouldContain("\"first.bias\"");
    }

    [Fact]
    public void Names_that_may_be_missing_or_left_over_are_let_pass()
    {
        var tensors = _module.state_dict().ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).FillInPlace(5));
        tensors.Remove("first.bias");
        tensors["extra"] = zeros(1);
        using var source = Source(tensors);

        var absent = WeightLoader.Load(_module, source, new WeightLoadOptions
        {
            MayBeMissing = name => name == "first.bias",
            MayBeUnexpected = name => name == "extra",
        });

        absent.ShouldBe(["first.bias"]);
    }

    [Fact]
    public void Loading_leaves_no_tensor_behind()
    {
        using var source = Source(_module.state_dict().ToDictionary(pair => pair.Key, pair => zeros_like(pair.Value).FillInPlace(3)));
        using var scope = NewDisposeScope();

        WeightLoader.Load(_module, source);

        // Tensors of this thread that nobody disposed would be left in the scope.
        scope.DisposablesCount.ShouldBe(0);
    }

    private SafetensorsFile Source(Dictionary<string, Tensor> tensors)
    {
        var path = _folder.File("x.safetensors");
        SafetensorsWriter.Write(path, tensors);
        return SafetensorsFile.Open(path);
    }
}
