package io.github.sparkbatchnorm.layer;

/** PyTorch's modules; each takes samples of certain ranks. */
public enum BatchNormModule {
    /** {@code [C]} and {@code [C,L]}. */
    BATCH_NORM_1D("BatchNorm1d", 1, 2),
    /** {@code [C,H,W]}. */
    BATCH_NORM_2D("BatchNorm2d", 3, 3),
    /** {@code [C,D,H,W]}. */
    BATCH_NORM_3D("BatchNorm3d", 4, 4);

    private final String moduleName;
    private final int minRank;
    private final int maxRank;

    BatchNormModule(String moduleName, int minRank, int maxRank) {
        this.moduleName = moduleName;
        this.minRank = minRank;
        this.maxRank = maxRank;
    }

    /** Whether it takes samples with that many axes, the batch axis not counted. */
    public boolean acceptsRank(int rank) {
        return minRank <= rank && rank <= maxRank;
    }

    /** The samples it takes, such as {@code [C, H, W]}. */
    public String ranks() {
        return switch (this) {
            case BATCH_NORM_1D -> "[C] or [C, L]";
            case BATCH_NORM_2D -> "[C, H, W]";
            case BATCH_NORM_3D -> "[C, D, H, W]";
        };
    }

    /** PyTorch's name, such as {@code BatchNorm2d}. */
    @Override
    public String toString() {
        return moduleName;
    }
}
